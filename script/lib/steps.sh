# Runs steps, keeps what each said, and closes with one line for each.
#   step NAME LOG COMMAND...          output to var/test/LOG.log, its end shown if it fails
#   step_shown NAME LOG COMMAND...    output to the log and to the screen as it comes
#   step_beside NAME LOG COMMAND...   as step, in the background; one at a time
#   joined                            waits for the step in the background, shows its output
#   summary                           the lines, and the exit code: 0 only if every step passed

lines=
failed=0
beside=

step() {
    name=$1 log=var/test/$2.log
    shift 2
    start=$(date +%s)
    if "$@" >"$log" 2>&1; then
        note "ok    " ""
    else
        failed=1
        say "--- $name failed; the end of $log:"
        tail -n 40 "$log"
        note "FAILED" ", see $log"
    fi
}

step_shown() {
    name=$1 log=var/test/$2.log
    shift 2
    start=$(date +%s)
    # A pipe hands on tee's exit code, not the command's: it leaves its own in a file.
    { "$@" 2>&1 && echo 0 >"$log.exit" || echo $? >"$log.exit"; } | tee "$log"
    closed
}

step_beside() {
    beside_name=$1 beside_log=var/test/$2.log
    shift 2
    beside_start=$(date +%s)
    {
        trap 'kill "$command" 2>/dev/null || :' TERM
        "$@" &
        command=$!
        wait "$command" && code=0 || code=$?
        echo "$(date +%s) $code" >"$beside_log.exit"
    } >"$beside_log" 2>&1 &
    beside=$!
    # An interrupted run must not leave the step, nor the services that it started, behind.
    trap 'kill "$beside" 2>/dev/null; wait "$beside" || :' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

joined() {
    wait "$beside" || :
    trap - EXIT INT TERM
    name=$beside_name log=$beside_log start=$beside_start
    cat "$log"
    read -r end code <"$log.exit"
    echo "$code" >"$log.exit"
    closed "$end"
}

# closed [END]: notes the step whose exit code lies in its file, with the last line of its output.
closed() {
    code=$(cat "$log.exit")
    rm -f "$log.exit"
    count=$(tail -n 1 "$log" | sed 's/^=* *//; s/ *=*$//')
    if [ "$code" = 0 ]; then
        note "ok    " ", $count" "${1:-}"
    else
        failed=1
        note "FAILED" ", $count" "${1:-}"
    fi
}

note() {
    lines="$lines
  $1  $name ($((${3:-$(date +%s)} - start)) s$2)"
}

summary() {
    say "$lines"
    exit $failed
}
