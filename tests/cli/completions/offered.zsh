# What zsh offers for a line: zsh offered.zsh SCRIPT LINE. Completing takes a terminal and its line editor, so a second
# zsh gets one, is asked with a tab, and says what it would have drawn.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "stty -echo; source ${(q)0:a:h}/inside.zsh ${(q)1:h}"
while zpty -r shell line; do
    [[ $line == *listening$'\r'* ]] && break
done
zpty -n -w shell "$2"$'\t'
while zpty -r shell line; do
    line=${${line%$'\n'}%$'\r'}
    [[ $line == *over ]] && exit 0
    [[ $line == *"offered "* ]] && print -r -- ${line##*offered }
done
exit 1
