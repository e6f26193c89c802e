# Where the tests keep their files while they run: in memory, where there is enough of it. They kill
# processes and never the machine, so nothing that they prove needs the disk, which is slow to confirm.

memory=/dev/shm
wanted_mb=4000

# use_memory: has pytest make its folders in memory, until the script ends.
use_memory() {
    [ -z "${PYTEST_DEBUG_TEMPROOT:-}" ] || return 0
    free_mb=$(df -Pm "$memory" 2>/dev/null | awk 'NR == 2 && $1 == "tmpfs" { print $4 }')
    [ "${free_mb:-0}" -ge $wanted_mb ] || return 0
    PYTEST_DEBUG_TEMPROOT=$(mktemp -d "$memory/hub.XXXXXX")
    # pytest's own folders in it are closed; PostgreSQL, which is another user, has its own there.
    chmod 711 "$PYTEST_DEBUG_TEMPROOT"
    # Tests write small programs and start them.
    printf '#!/bin/sh\n' >"$PYTEST_DEBUG_TEMPROOT/program"
    chmod 755 "$PYTEST_DEBUG_TEMPROOT/program"
    if ! "$PYTEST_DEBUG_TEMPROOT/program" 2>/dev/null; then
        leave_memory
        return 0
    fi
    export PYTEST_DEBUG_TEMPROOT
}

leave_memory() {
    if [ -n "${PYTEST_DEBUG_TEMPROOT:-}" ]; then rm -rf "$PYTEST_DEBUG_TEMPROOT"; fi
    unset PYTEST_DEBUG_TEMPROOT
}
