#compdef genengine
# zsh completion of genengine: in ~/.zshrc, after compinit
#   source <(genengine completion zsh)
_genengine() {
    local line="${(j: :)words[1,CURRENT-1]} ${PREFIX}" found name about
    local -a names abouts
    while IFS=$'\t' read -r name about; do
        names+=("$name")
        abouts+=("$name${about:+  -- $about}")
    done < <("${words[1]}" suggest zsh "${#line}" "$line" 2>/dev/null)
    if (( ${#names} )); then
        compadd -l -d abouts -a names
    else
        _files
    fi
}
compdef _genengine genengine
