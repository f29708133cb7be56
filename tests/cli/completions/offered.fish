# What fish offers for a line, with its words for each: fish offered.fish SCRIPT LINE.
source $argv[1]
complete -C "$argv[2]"
