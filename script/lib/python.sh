# Finds the Python that the project runs on: 3.11 to 3.13. The variable PYTHON names one outright.

# Prints its path, or nothing.
find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

# Asked, not believed: a version manager leaves names on PATH that start nothing.
fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}
