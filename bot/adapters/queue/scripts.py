"""How does a key move between dirty, belled, running, waiting and failed, in one indivisible step each?

The state of a key lies in our own structures; the RQ job that a worker pops is only a bell that says "look at
this key". A lost bell is rung again, a bell too many finds nothing to do. All times are Redis' own clock.

    dirty     zset  key -> since when it wants a run (cleared before the run reads anything)
    rung      zset  key -> when its bell was rung and not yet answered;  bells  hash  key -> RQ job id
    running   zset  key -> when its lease ends;                          holders hash key -> token
    due       zset  key -> not before (after a failure)
    wake      zset  key -> when time alone asks for a run (a gate that opens or shuts by the clock)
    tries, crashes, failed   hash key -> failures in a row, deaths of a worker in a row, JSON of a parked run
    commands:KEY, shas:KEY   hash comment id -> JSON, comment id -> the head commit it was bound to
    done:KEY:ID              string, remembers a finished command
    repositories             hash owner/name -> installation id ('' when unknown)

KEYS[1] is the prefix. Redis Cluster is not supported (nor is it by RQ).
"""

from __future__ import annotations

_PRELUDE = """
local P = KEYS[1] .. ':'
local T = redis.call('TIME')
local now = tonumber(T[1]) + tonumber(T[2]) / 1000000
local function at(seconds) return string.format('%.6f', seconds) end
local function count(what) redis.call('HINCRBY', P .. 'counters', what, 1) end

local function quiet(key)
  return not (redis.call('ZSCORE', P .. 'rung', key) or redis.call('ZSCORE', P .. 'running', key)
    or redis.call('ZSCORE', P .. 'due', key))
end

local function bell(key)
  local id = KEYS[1] .. '-' .. string.format('%d', redis.call('INCR', P .. 'bell'))
  redis.call('HSET', P .. 'bells', key, id)
  redis.call('ZADD', P .. 'rung', at(now), key)
  return {key, id, redis.call('HLEN', P .. 'commands:' .. key) > 0 and 1 or 0}
end

local function answer(key)
  redis.call('HDEL', P .. 'bells', key)
  redis.call('ZREM', P .. 'rung', key)
end

local function release(key)
  redis.call('ZREM', P .. 'running', key)
  redis.call('HDEL', P .. 'holders', key)
end

local function holds(key, token) return redis.call('HGET', P .. 'holders', key) == token end

local function drop(key, id)
  redis.call('HDEL', P .. 'commands:' .. key, id)
  redis.call('HDEL', P .. 'shas:' .. key, id)
end

local function park(key, reason, ids)
  local kept = {}
  for _, id in ipairs(ids) do
    local text = redis.call('HGET', P .. 'commands:' .. key, id)
    if text then kept[#kept + 1] = text end
    drop(key, id)
  end
  local tries = redis.call('HGET', P .. 'tries', key) or '0'
  local record = {reason = reason, at = now, tries = tonumber(tries) + 1}
  if #kept > 0 then record.commands = kept end
  redis.call('HSET', P .. 'failed', key, cjson.encode(record))
  redis.call('HDEL', P .. 'tries', key)
  redis.call('HDEL', P .. 'crashes', key)
  count('parked')
end

local function died(key, most)
  release(key)
  count('revived')
  if redis.call('HINCRBY', P .. 'crashes', key, 1) >= most then
    redis.call('ZREM', P .. 'dirty', key)
    park(key, 'the worker died ' .. most .. ' times while working on this',
      redis.call('HKEYS', P .. 'commands:' .. key))
  else
    redis.call('ZADD', P .. 'dirty', 'NX', at(now), key)
  end
end
"""

# ARGV[1]: JSON {keys, commands: [[key, id, text]], repositories: {name: installation}}.
# Returns the bells to ring, as do all others that return bells: [[key, RQ job id, 1 if commands wait]].
MARK = (
    _PRELUDE
    + """
local asked = cjson.decode(ARGV[1])
for _, one in ipairs(asked.commands) do
  if redis.call('EXISTS', P .. 'done:' .. one[1] .. ':' .. one[2]) == 0 then
    redis.call('HSETNX', P .. 'commands:' .. one[1], one[2], one[3])
  end
end
for name, installation in pairs(asked.repositories) do
  redis.call('HSET', P .. 'repositories', name, installation)
end
local bells = {}
for _, key in ipairs(asked.keys) do
  redis.call('ZADD', P .. 'dirty', 'NX', at(now), key)
  if quiet(key) then bells[#bells + 1] = bell(key) end
end
count('marks')
return bells
"""
)

# ARGV: key, token, lease seconds, most crashes.
# Returns {'go', tries, failed record, installation, commands, shas} or {why not}.
BEGIN = (
    _PRELUDE
    + """
local key, token = ARGV[1], ARGV[2]
answer(key)
local ends = redis.call('ZSCORE', P .. 'running', key)
if ends then
  if tonumber(ends) > now then return {'busy'} end
  died(key, tonumber(ARGV[4]))
end
if not redis.call('ZSCORE', P .. 'dirty', key) then return {'clean'} end
local due = redis.call('ZSCORE', P .. 'due', key)
if due and tonumber(due) > now then return {'later'} end
redis.call('ZREM', P .. 'dirty', key)
redis.call('ZREM', P .. 'due', key)
redis.call('ZADD', P .. 'running', at(now + tonumber(ARGV[3])), key)
redis.call('HSET', P .. 'holders', key, token)
local repository = string.match(key, '^[^#]+')
return {'go', redis.call('HGET', P .. 'tries', key) or '0', redis.call('HGET', P .. 'failed', key) or '',
  redis.call('HGET', P .. 'repositories', repository) or '',
  redis.call('HGETALL', P .. 'commands:' .. key), redis.call('HGETALL', P .. 'shas:' .. key)}
"""
)

# ARGV: key, token, lease seconds. Returns 1 while the lease is held, and then extends it.
EXTEND = (
    _PRELUDE
    + """
if not holds(ARGV[1], ARGV[2]) then return 0 end
redis.call('ZADD', P .. 'running', 'XX', at(now + tonumber(ARGV[3])), ARGV[1])
return 1
"""
)

# ARGV: key, token, lease seconds, most crashes. Returns 1 when the key was free; its mark stays as it is.
HOLD = (
    _PRELUDE
    + """
local ends = redis.call('ZSCORE', P .. 'running', ARGV[1])
if ends then
  if tonumber(ends) > now then return 0 end
  died(ARGV[1], tonumber(ARGV[4]))
end
redis.call('ZADD', P .. 'running', at(now + tonumber(ARGV[3])), ARGV[1])
redis.call('HSET', P .. 'holders', ARGV[1], ARGV[2])
return 1
"""
)

# ARGV: key, token. Returns bells.
RELEASE = (
    _PRELUDE
    + """
if not holds(ARGV[1], ARGV[2]) then return {} end
release(ARGV[1])
if redis.call('ZSCORE', P .. 'dirty', ARGV[1]) and quiet(ARGV[1]) then return {bell(ARGV[1])} end
return {}
"""
)

# ARGV: key, token, seconds a finished command is remembered, comment ids … Returns {held, bells}.
FINISH = (
    _PRELUDE
    + """
local key = ARGV[1]
if not holds(key, ARGV[2]) then return {0, {}} end
release(key)
for i = 4, #ARGV do
  drop(key, ARGV[i])
  redis.call('SET', P .. 'done:' .. key .. ':' .. ARGV[i], '1', 'EX', ARGV[3])
end
redis.call('HDEL', P .. 'tries', key)
redis.call('HDEL', P .. 'crashes', key)
redis.call('HDEL', P .. 'failed', key)
count('finished')
if redis.call('ZSCORE', P .. 'dirty', key) and quiet(key) then return {1, {bell(key)}} end
return {1, {}}
"""
)

# ARGV: key, token, seconds to wait, reason. Returns 1 when the lease was still held.
RETRY = (
    _PRELUDE
    + """
local key = ARGV[1]
if not holds(key, ARGV[2]) then return 0 end
release(key)
redis.call('HDEL', P .. 'crashes', key)
redis.call('HINCRBY', P .. 'tries', key, 1)
redis.call('ZADD', P .. 'dirty', 'NX', at(now), key)
redis.call('ZADD', P .. 'due', at(now + tonumber(ARGV[3])), key)
count('retried')
return 1
"""
)

# ARGV: key, token, reason, comment ids … Returns {held, bells}.
PARK = (
    _PRELUDE
    + """
local key, ids = ARGV[1], {}
if not holds(key, ARGV[2]) then return {0, {}} end
release(key)
for i = 4, #ARGV do ids[#ids + 1] = ARGV[i] end
park(key, ARGV[3], ids)
if redis.call('ZSCORE', P .. 'dirty', key) and quiet(key) then return {1, {bell(key)}} end
return {1, {}}
"""
)

# ARGV: key, seconds from now on ('' forgets the key). Keeps one time for each key.
WAKE = (
    _PRELUDE
    + """
if ARGV[2] == '' then return redis.call('ZREM', P .. 'wake', ARGV[1]) end
return redis.call('ZADD', P .. 'wake', at(now + tonumber(ARGV[2])), ARGV[1])
"""
)

# ARGV: most crashes, seconds after which an unanswered bell is looked for, the RQ list. Returns bells.
TICK = (
    _PRELUDE
    + """
for _, key in ipairs(redis.call('ZRANGEBYSCORE', P .. 'running', '-inf', at(now), 'LIMIT', 0, 100)) do
  died(key, tonumber(ARGV[1]))
end
redis.call('ZREMRANGEBYSCORE', P .. 'due', '-inf', at(now))
for _, key in ipairs(redis.call('ZRANGEBYSCORE', P .. 'wake', '-inf', at(now), 'LIMIT', 0, 100)) do
  redis.call('ZREM', P .. 'wake', key)
  redis.call('ZADD', P .. 'dirty', 'NX', at(now), key)
  count('woken')
end
local old = redis.call('ZRANGEBYSCORE', P .. 'rung', '-inf', at(now - tonumber(ARGV[2])), 'LIMIT', 0, 50)
for _, key in ipairs(old) do
  local id = redis.call('HGET', P .. 'bells', key)
  if not id or not redis.call('LPOS', ARGV[3], id) then answer(key) end
end
local bells = {}
for _, key in ipairs(redis.call('ZRANGE', P .. 'dirty', 0, 999)) do
  if quiet(key) then bells[#bells + 1] = bell(key) end
end
return bells
"""
)
