"""How does an editor learn which settings there are? By a JSON Schema made from their table."""

from __future__ import annotations

from bot.promotion.config_keys import FILE
from bot.promotion.config_setting import Setting

Json = dict[str, object]


def schema() -> Json:
    """Return the JSON Schema (draft 7, which editors know best) of the configuration file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Lockkeeper",
        "description": "The rules of a repository: .github/lockkeeper.yaml on the default branch.",
        **_of_map(FILE),
    }


def _of_map(setting: Setting) -> Json:
    found: Json = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _of(inner) for name, inner in setting.keys.items()},
    }
    required = [name for name, inner in setting.keys.items() if inner.required]
    if required:
        found["required"] = required
    if setting.one_of:
        found["oneOf"] = [{"required": [name]} for name in setting.one_of]
    if setting.some_of:
        found["anyOf"] = [{"required": [name]} for name in setting.some_of]
    return found


def _of(setting: Setting) -> Json:
    about = setting.about + (f"\n\nDefault: {setting.default}." if setting.default else "")
    found: Json = {"description": _sentence(about.replace("`", ""))}
    text: Json = {"type": "string"}
    if form := setting.shape or setting.form:
        text |= {"pattern": f"^(?:{form.pattern})$"}
    listed: Json = {"type": "array", "items": text, "uniqueItems": True}
    match setting.kind:
        case "map":
            of_map = _of_map(setting)
            return found | of_map | {"type": "object" if "required" in of_map else ["object", "null"]}
        case "named":
            counts = {"minProperties": setting.least, "maxProperties": setting.most}
            entry = _of_map(setting)
            entry["type"] = "object" if "required" in entry else ["object", "null"]
            if setting.alone:
                entry = {"anyOf": [_of(setting.keys[setting.alone]), entry]}
            names: Json = {"propertyNames": text, "additionalProperties": entry}
            return found | {"type": "object" if setting.least else ["object", "null"]} | counts | names
        case "entries":
            return found | {"type": "array", "items": _of_map(setting)}
        case "free":
            return found | {"type": ["object", "null"]}
        case "texts":
            return found | ({"oneOf": [text, listed]} if setting.single else listed)
        case "text":
            return found | text
        case "flag":
            return found | {"type": "boolean"}
        case "number":
            return found | {"type": "integer", "minimum": setting.least, "maximum": setting.most}
        case "choice":
            return found | {"enum": list(setting.values)}
        case "chosen":
            choices = {"type": ["object", "null"], "additionalProperties": {"enum": list(setting.values)}}
            return found | choices | ({"propertyNames": text} if setting.form else {})
        case "date":
            return found | {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
