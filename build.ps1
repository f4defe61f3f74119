<#
.SYNOPSIS
Builds, tests, trains, benchmarks and packs GenEngine. Every target is one or two calls of dotnet.
.DESCRIPTION
build     compile the whole solution
test      run the tests; further arguments go to 'dotnet test'
train     train a VAE on the built-in digits; further arguments go to 'genengine train', and the first may name another model
bench     run the micro-benchmarks; further arguments go to BenchmarkDotNet
publish   the console for one kind of machine, framework-dependent, into artifacts/publish/RID
zip       publish, and pack it with README and LICENSE into artifacts/genengine-VERSION-RID.zip
bundle    tests, console and PyTorch peer, self-contained for a Linux machine with an NVIDIA GPU and no .NET, into artifacts/genengine-gpu.tar.xz; calls tools/gpu-bundle, so it needs bash and xz; further arguments go to it
-WhatIf prints the calls and makes none.
.EXAMPLE
./build.ps1 test
.EXAMPLE
./build.ps1 train vae --steps 500 --seed 3
.EXAMPLE
./build.ps1 publish -Runtime linux-arm64
#>
[CmdletBinding(SupportsShouldProcess, PositionalBinding = $false)]
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'test', 'train', 'bench', 'publish', 'zip', 'bundle')]
    [string] $Target = 'build',

    # Release, except for debugging
    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    # kind of machine for publish and zip: linux-x64, linux-arm64, win-x64, osx-arm64; this machine's when not given
    [string] $Runtime = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier,

    [Parameter(ValueFromRemainingArguments)]
    [string[]] $Rest = @()
)

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$artifacts = [IO.Path]::Combine($root, 'artifacts')

function Call-Dotnet([string[]] $Arguments) {
    if (-not $PSCmdlet.ShouldProcess("dotnet $Arguments", 'run')) { return }
    & dotnet @Arguments
    if ($LASTEXITCODE -ne 0) { throw "dotnet $Arguments returned $LASTEXITCODE" }
}

function Publish-Console([string] $Folder) {
    Call-Dotnet @('publish', [IO.Path]::Combine($root, 'Bench'), '-c', $Configuration, '-r', $Runtime, '--self-contained', 'false', '-o', $Folder, '--nologo')
}

$solution = [IO.Path]::Combine($root, 'GenEngine.sln')
switch ($Target) {
    'build' { Call-Dotnet (@('build', $solution, '-c', $Configuration, '--nologo') + $Rest) }
    'test' { Call-Dotnet (@('test', '--solution', $solution, '-c', $Configuration) + $Rest) }
    'train' {
        $model = if ($Rest.Count -eq 0 -or $Rest[0].StartsWith('-')) { @('vae') } else { @() }
        Call-Dotnet (@('run', '-c', $Configuration, '--project', [IO.Path]::Combine($root, 'Bench'), '--', 'train') + $model + $Rest)
    }
    'bench' { Call-Dotnet (@('run', '-c', $Configuration, '--project', [IO.Path]::Combine($root, 'Bench', 'Micro'), '--') + $Rest) }
    'publish' { Publish-Console ([IO.Path]::Combine($artifacts, 'publish', $Runtime)) }
    'zip' {
        $folder = [IO.Path]::Combine($artifacts, 'publish', $Runtime)
        $version = ([xml][IO.File]::ReadAllText([IO.Path]::Combine($root, 'Directory.Build.props'))).Project.PropertyGroup.Version
        $archive = [IO.Path]::Combine($artifacts, "genengine-$version-$Runtime.zip")
        Publish-Console $folder
        if ($PSCmdlet.ShouldProcess($archive, 'pack')) {
            foreach ($name in 'README.md', 'LICENSE') { [IO.File]::Copy([IO.Path]::Combine($root, $name), [IO.Path]::Combine($folder, $name), $true) }
            [IO.File]::Delete($archive)
            [IO.Compression.ZipFile]::CreateFromDirectory($folder, $archive)
            $archive
        }
    }
    'bundle' {
        $script = [IO.Path]::Combine($root, 'tools', 'gpu-bundle')
        if ($PSCmdlet.ShouldProcess("bash $script $Rest", 'run')) {
            & bash $script @Rest
            if ($LASTEXITCODE -ne 0) { throw "tools/gpu-bundle returned $LASTEXITCODE" }
        }
    }
}
