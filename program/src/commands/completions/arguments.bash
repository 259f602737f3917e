
# What stands behind --arg: an argument of the tool that the line names, or a value that it may have. Fails where the line is about
# something else. The line is read as it was typed, since bash takes words apart at each `=`.
_FUNCTION_arguments() {
    local line="${COMP_LINE:0:COMP_POINT}" known='' token word typed
    token="${line##*[[:space:]]}"
    read -ra typed <<< "${line%"$token"}"
    case "$token" in
        --arg=*) token="${token#--arg=}" ;;
        *) [[ "${#typed[@]}" -gt 0 && "${typed[${#typed[@]} - 1]}" == --arg ]] || return 1 ;;
    esac
    for word in "${typed[@]}"; do
        case "$word" in
CASES
        esac
    done
    COMPREPLY=()
    for word in $known; do
        case "$token,$word" in
            *=*,*=) ;;
            *=*,"$token"*) COMPREPLY+=("$word") ;;
            *,"$token"*=) COMPREPLY+=("$word") ;;
        esac
    done
    if [[ "$token" != *=* ]]; then
        compopt -o nospace 2> /dev/null
    elif [[ "$COMP_WORDBREAKS" == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#*=}")
    fi
    # No file is meant.
    compopt +o default +o bashdefault 2> /dev/null
    return 0
}

_FUNCTION_line() {
    _FUNCTION_arguments || _FUNCTION "$@"
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _FUNCTION_line -o nosort -o bashdefault -o default NAME
else
    complete -F _FUNCTION_line -o bashdefault -o default NAME
fi
