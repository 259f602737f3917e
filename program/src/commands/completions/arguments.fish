
# What stands behind --arg: the arguments of the tool that the line names, or the values that one may have.
function FUNCTION_arguments
    set -l known
    for word in (commandline -opc)
        switch $word
CASES
        end
    end
    if string match -q '*=*' -- (string replace -r '^--arg=' '' -- (commandline -ct))
        string match -v -- '*=' $known
    else
        string match -- '*=' $known
    end
end
