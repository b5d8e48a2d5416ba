// Pages work without this. It sends a select when its choice changes, and shows what changed on a watched page.
"use strict";

for (const select of document.querySelectorAll("select[data-send]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
for (const button of document.querySelectorAll("[data-noscript]")) button.hidden = true;

const watched = document.body.dataset.watch;
const EVERY = 1500;

function busy() {
  const active = document.activeElement;
  if (active && active.closest("form") && active.matches("textarea, input, select")) return true;
  return [...document.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);
}

function summaries(root) {
  return new Map([...root.querySelectorAll("details")].map((one) => [one.textContent.slice(0, 80), one.open]));
}

async function look() {
  if (document.hidden || busy()) return;
  const answer = await fetch(watched, { cache: "no-store" });
  if (!answer.ok) return;
  const { version } = await answer.json();
  if (version === document.body.dataset.version) return;
  const page = await fetch(location.href, { cache: "no-store" });
  if (!page.ok || busy()) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  const open = summaries(document);
  for (const one of fresh.querySelectorAll("details")) {
    const before = open.get(one.textContent.slice(0, 80));
    if (before !== undefined) one.open = before;
  }
  document.querySelector("main").replaceWith(fresh.querySelector("main"));
  document.title = fresh.title;
  document.body.dataset.version = fresh.body.dataset.version;
}

if (watched) {
  const again = () => look().catch(() => {}).finally(() => setTimeout(again, EVERY));
  setTimeout(again, EVERY);
}
