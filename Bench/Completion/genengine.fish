# fish completion of genengine: in ~/.config/fish/config.fish
#   genengine completion fish | source
function __genengine_suggest
    set -l line (commandline -cp)
    genengine suggest fish (string length -- "$line") "$line" 2>/dev/null
end
# names of files only where genengine has nothing to say
complete -c genengine -n 'test -n "$(__genengine_suggest)"' -f
complete -c genengine -a '(__genengine_suggest)'
