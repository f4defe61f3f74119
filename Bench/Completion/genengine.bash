# bash completion of genengine: in ~/.bashrc
#   source <(genengine completion bash)
_genengine() {
    local IFS=$'\n'
    COMPREPLY=($("$1" suggest bash "$COMP_POINT" "$COMP_LINE" 2>/dev/null))
}
# where genengine has nothing to say, names of files
complete -o default -F _genengine genengine
