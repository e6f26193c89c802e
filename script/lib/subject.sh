#!/bin/sh
# Refuses a commit whose subject is long, ends with a full stop, or begins with a past tense:
# "Correlate the subquery", not "Correlated the subquery.". Called with the file of the message.
set -eu
subject=$(sed -n '/^[^#]/{p;q;}' "$1")
say() { printf 'subject: %s\n  %s\n' "$1" "$subject" >&2; }

case $subject in
Merge\ * | Revert\ * | fixup!\ * | squash!\ *) exit 0 ;;
esac
if [ "${#subject}" -gt 72 ]; then say "over 72 characters" && exit 1; fi
case $subject in
*.) say "ends with a full stop" && exit 1 ;;
Added\ * | Fixed\ * | Changed\ * | Removed\ * | Adds\ * | Fixes\ * | Changes\ * | Removes\ *)
    say "not imperative" && exit 1
    ;;
esac
