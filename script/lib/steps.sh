# Runs steps, keeps what each said, and closes with one line for each.
#   step NAME LOG COMMAND...          output to var/test/LOG.log, its end shown if it fails
#   step_shown NAME LOG COMMAND...    output to the log and to the screen as it comes
#   step_beside NAME LOG COMMAND...   as step, in the background, beside what follows
#   step_beside_shown NAME LOG ...    the same; its whole output is shown when it is joined
#   end_beside                        ends those in the background; for the trap of the script
#   joined                            waits for the steps in the background, in their order
#   summary                           the lines, and the exit code: 0 only if every step passed

lines=
failed=0
# A line a step in the background: process, start, log, whether all of it is shown, name.
beside=

step() {
    name=$1 log=var/test/$2.log
    shift 2
    start=$(date +%s)
    "$@" >"$log" 2>&1 && code=0 || code=$?
    closed_quietly
}

step_shown() {
    name=$1 log=var/test/$2.log
    shift 2
    start=$(date +%s)
    # A pipe hands on tee's exit code, not the command's: it leaves its own in a file.
    { "$@" 2>&1 && echo 0 >"$log.exit" || echo $? >"$log.exit"; } | tee "$log"
    code=$(cat "$log.exit")
    rm -f "$log.exit"
    closed
}

step_beside() { start_beside end "$@"; }
step_beside_shown() { start_beside all "$@"; }

start_beside() {
    shown=$1 beside_name=$2 beside_log=var/test/$3.log
    shift 3
    {
        trap 'kill "$command" 2>/dev/null || :' TERM
        "$@" &
        command=$!
        wait "$command" && code=0 || code=$?
        echo "$(date +%s) $code" >"$beside_log.exit"
    } >"$beside_log" 2>&1 &
    beside="$beside$! $(date +%s) $beside_log $shown $beside_name
"
}

# An interrupted run must not leave the steps, nor the services that they started, behind.
end_beside() {
    [ -n "$beside" ] || return 0
    pids=$(printf '%s' "$beside" | cut -d ' ' -f 1)
    # shellcheck disable=SC2086 # one word a process
    kill $pids 2>/dev/null || :
    wait || :
}

joined() {
    # Fed by a here-document and not by a pipe: what is noted has to stay in this shell.
    while read -r pid start log shown name; do
        [ -n "$pid" ] || continue
        wait "$pid" || :
        read -r end code <"$log.exit"
        rm -f "$log.exit"
        if [ "$shown" = all ]; then
            cat "$log"
            closed "$end"
        else
            closed_quietly "$end"
        fi
    done <<EOF
$beside
EOF
    beside=
}

# closed [END]: notes the step with the last line of its output.
closed() {
    count=$(tail -n 1 "$log" | sed 's/^=* *//; s/ *=*$//')
    [ "$code" = 0 ] || failed=1
    note ", $count" "${1:-}"
}

# closed_quietly [END]: notes the step; shows the end of its output if it failed.
closed_quietly() {
    if [ "$code" = 0 ]; then
        note "" "${1:-}"
    else
        failed=1
        say "--- $name failed; the end of $log:"
        tail -n 40 "$log"
        note ", see $log" "${1:-}"
    fi
}

note() {
    [ "$code" = 0 ] && word="ok    " || word=FAILED
    lines="$lines
  $word  $name ($((${2:-$(date +%s)} - start)) s$1)"
}

summary() {
    say "$lines"
    exit $failed
}
