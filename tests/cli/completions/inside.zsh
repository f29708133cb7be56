# The zsh that is asked: its completions are those in the directory $1, beside zsh's own.
PROMPT=
fpath=($1 $fpath)
autoload -Uz compinit
compinit -D -u
# Says what is offered instead of drawing it. With these options compadd only fills arrays.
compadd() {
    if (( ${@[(I)-[OAD]*]} )); then
        builtin compadd "$@"
        return
    fi
    local -a found
    builtin compadd -A found "$@"
    (( $#found )) && print -rl -- "offered "$^found
    return 0
}
asked() { print over; exit }
comppostfuncs=(asked)
bindkey '^I' complete-word
print listening
