namespace Peapod.Pod.Cli.Completion;

/// <summary>What a shell must read to complete peapod's words.</summary>
internal static class ShellScripts
{
    /// <summary>bash(1), "Programmable Completion". A colon ends a word for bash: what stands before it is not typed again.</summary>
    internal const string Bash = """
        # peapod's completion for bash. Try it: source <(peapod completion bash)
        # For good: peapod completion bash > /etc/bash_completion.d/peapod
        _peapod() {
          local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT}
          local word=${line##* }
          COMPREPLY=($(peapod __complete "$line" 2>/dev/null))
          if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
            COMPREPLY=("${COMPREPLY[@]#"${word%:*}:"}")
          fi
          if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=] ]]; then
            compopt -o nospace
          fi
        }
        complete -F _peapod peapod

        """;

    /// <summary>zshcompsys(1).</summary>
    internal const string Zsh = """
        #compdef peapod
        # peapod's completion for zsh. Try it: source <(peapod completion zsh)
        # For good: peapod completion zsh > /usr/local/share/zsh/site-functions/_peapod
        _peapod() {
          local -a found open
          found=("${(@f)$(peapod __complete "${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
          open=(${(M)found:#*[/=]})
          found=(${found:#*[/=]})
          (( ${#open} )) && compadd -S '' -- $open
          (( ${#found} )) && compadd -- $found
        }
        if [[ ${funcstack[1]} == _peapod ]]; then _peapod; else compdef _peapod peapod; fi

        """;

    /// <summary>complete(1) of fish. It matches the word itself, and puts no space behind a slash or an equals sign.</summary>
    internal const string Fish = """
        # peapod's completion for fish. Try it: peapod completion fish | source
        # For good: peapod completion fish > /etc/fish/completions/peapod.fish
        complete -c peapod -f -a '(peapod __complete (commandline -cp | string collect) 2>/dev/null)'

        """;
}
