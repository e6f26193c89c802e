# Makes an environment match a lock: install_lock DIRECTORY LOCK [LOCK THAT THIS ONE CONTAINS]
#
# Installs with hashes, and only when the environment's stamp says otherwise: the stamp names the
# lock, the project's own metadata, the Python and the place. So a second run asks no network.

install_lock() {
    venv=$1
    lock=$2
    if stamped "$venv" "$lock"; then return 0; fi
    make_venv "$venv"
    say "Installing $(grep -c '==' "$lock") Python packages into $venv ..."
    mkdir -p var/setup
    if ! { install_packages "$venv" "$lock" && install_project "$venv"; } >var/setup/pip.log 2>&1
    then
        tail -n 15 var/setup/pip.log >&2
        fail "Python packages could not be installed; all of it is in var/setup/pip.log."
    fi
    for each in "$@"; do
        [ "$each" = "$venv" ] || stamp "$venv" "$each" >"$venv/.stamp-$(basename "$each")"
    done
}

stamp() {
    # pyvenv.cfg holds the Python's version; the scripts inside hold the path they were made at.
    { pwd && cat "$2" pyproject.toml "$1/pyvenv.cfg"; } | sha256sum
}

stamped() {
    have="$1/.stamp-$(basename "$2")"
    # The Python beneath may have been removed since: it has to start.
    [ -e "$have" ] && [ "$(cat "$have")" = "$(stamp "$1" "$2")" ] && "$1/bin/python" -c '' 2>/dev/null
}

# The lock names every package, so nothing is left to resolve: pip 23 would take the newest version
# of a package that another one wants with an extra, find no hash for it, and give up.
# pip would compile them on one core; a module that does not compile is its package's own affair.
install_packages() {
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --no-deps --no-compile --require-hashes --requirement "$2" &&
        "$1/bin/python" -m pip --disable-pip-version-check check || return 1
    "$1/bin/python" -m compileall -qq -j 0 "$1/lib" || :
}

# The project itself, as it lies here. No build isolation: that would fetch the build tool from the
# network once more, without a hash.
install_project() {
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
        --no-build-isolation --editable .
}

# An environment that works is kept, one whose Python has gone is made anew.
make_venv() {
    if "$1/bin/python" -m pip --version >/dev/null 2>&1 && fits "$1/bin/python"; then return 0; fi
    if [ -e "$1" ] && [ ! -e "$1/pyvenv.cfg" ]; then
        fail "$1 is in the way: it is no Python environment."
    fi
    python=$(find_python)
    [ -n "$python" ] || fail "Python 3.11, 3.12 or 3.13 is needed, and none was found on PATH."
    try_venv "$python" "$1" && return 0
    # Debian's python3 comes without the part that puts pip into an environment.
    if may_apt; then
        say "Installing Debian's python3-venv ..."
        apt_install python3-venv && try_venv "$python" "$1" && return 0
    fi
    fail "$python cannot make an environment. On Debian: apt-get install python3-venv"
}

try_venv() {
    rm -rf "$2"
    "$1" -m venv "$2" >/dev/null 2>&1
}
