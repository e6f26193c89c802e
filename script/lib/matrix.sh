# Brings together what `script/test matrix` runs on, then runs it: Debian 13 in a folder, and an
# environment for each Python. Whatever cannot be had is told, and its combinations are left out.

# run_matrix [OPTIONS of python -m tests.matrix]
run_matrix() {
    install_debian13 || :
    for version in 3.11 3.13; do
        environment=$(environment_of $version)
        [ -z "$environment" ] || set -- --python "$environment/bin/python" "$@"
    done
    if [ ! -e "$debian13/.complete" ] || ! unshare --mount true 2>/dev/null; then
        say "Without Debian 13's servers: its folder is not here, or this user may not mount."
        python -m tests.matrix "$@"
        return
    fi
    # Mounts that nobody else sees, and that end with the run. Its servers find their data, the
    # devices and their own user's name in the folder as outside of it.
    # shellcheck disable=SC2016 # the inner shell is meant to read them
    unshare --mount --propagation private sh -euc '
        mount --make-rshared /
        mount --rbind "$0" /mnt
        for place in tmp var/tmp proc dev; do mount --rbind "/$place" "/mnt/$place"; done
        for file in passwd group; do mount --bind "/etc/$file" "/mnt/etc/$file"; done
        exec python -m tests.matrix --debian13 /mnt "$@"' "$debian13" "$@"
}

# environment_of VERSION: prints an environment with the packages on that Python, or nothing.
environment_of() {
    if [ "$(version_of .venv/bin/python)" = "$1" ]; then
        echo "$PWD/.venv"
        return
    fi
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
        if [ "$(version_of "$candidate")" = "$1" ]; then
            mkdir -p var/cache
            # It may fail and end its shell: then this Python is missing.
            (PYTHON=$candidate && install_lock "var/cache/python$1" requirements/dev.txt) >&2 &&
                echo "$PWD/var/cache/python$1"
            return 0
        fi
    done
    say "No Python $1." >&2
}

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || :
}
