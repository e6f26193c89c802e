# One short line to a person, and the last line of a script that cannot go on.

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}
