# What stands behind --arg: an argument of the tool that the line names, or a value that it may have.
_NAME_arguments() {
    local word name
    local -a known names values
    for word in $words; do
        case $word in
CASES
        esac
    done
    if compset -P 1 '*='; then
        name=${${IPREFIX%=}##*=}
        values=(${${(M)known:#$name=?*}#*=})
        compadd -a values
    else
        names=(${(M)known:#*=})
        compadd -S '' -a names
    fi
}

