# PowerShell completion of genengine: in $PROFILE
#   genengine completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName genengine -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.ToString().PadRight($cursorPosition)
    & $commandAst.CommandElements[0].ToString() suggest pwsh $cursorPosition $line 2>$null | ForEach-Object {
        $text, $about = $_ -split "`t", 2
        $word = if ($text -match '[\s''"]') { "'" + $text.Replace("'", "''") + "'" } else { $text }
        [System.Management.Automation.CompletionResult]::new($word, $text, 'ParameterValue', $(if ($about) { $about } else { $text }))
    }
}
