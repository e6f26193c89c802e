-- wrk's requests: each has a dossier number of its own, in its path and body.
-- Arguments: path, body file, content type, header file ("" for none), first part of the numbers.
-- Prints one line at the end, "RESULT " with JSON; `refused` are the answers that are not 2xx.
local threads, sent = {}, 0
refused = 0 -- no local: `done` reads it of each thread by its name

function setup(thread) table.insert(threads, thread) end

function init(args)
  local file = assert(io.open(args[2]))
  path, body, series = args[1], file:read("*a"), args[5]
  file:close()
  head = { ["Content-Type"] = args[3] }
  if args[4] ~= "" then
    local key = assert(io.open(args[4]))
    head["Authorization"] = "Bearer " .. key:read("*a")
    key:close()
  end
end

function request()
  sent = sent + 1
  local number = series .. string.format("%06d", sent)
  return wrk.format("POST", (path:gsub("@NUMBER@", number)), head, (body:gsub("@NUMBER@", number)))
end

function response(status)
  if status < 200 or status > 299 then
    refused = refused + 1
  end
end

function done(summary)
  local errors, bad = summary.errors, 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("refused")
  end
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format('RESULT {"answers": %d, "seconds": %.6f, "refused": %d, "broken": %d}',
    summary.requests, summary.duration / 1e6, bad, broken))
end
