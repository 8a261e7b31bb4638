/** The shells whose completion is known. */
export type Shell = keyof typeof scripts

/**
 * Each asks `wadi __complete` and gets one candidate a line, with a tab and what it is behind it where the shell shows
 * that; a line that begins with a colon says what else may stand there: `:files` or `:folders`.
 */
export const scripts = {
  bash: `# Completion of wadi for bash: source <(wadi completion bash)
_wadi() {
  local line="\${COMP_LINE:0:COMP_POINT}" program="\${COMP_WORDS[0]/#\\~/$HOME}"
  local word="\${line##*[[:space:]]}" breaks="\${COMP_WORDBREAKS//[^:=]/}" kept="" kind="" found
  # Readline replaces only what stands behind the last of these.
  if [[ -n "$breaks" && "$word" == *["$breaks"]* ]]; then
    kept="\${word%"\${word##*["$breaks"]}"}"
  fi
  COMPREPLY=()
  while IFS= read -r found; do
    case "$found" in
      :*) kind="$found" ;;
      *) COMPREPLY+=("\${found#"$kept"}") ;;
    esac
  done < <("$program" __complete --line "$line" 2>/dev/null)
  local list=""
  case "$kind" in
    :files) list="-f" ;;
    :folders) list="-d" ;;
  esac
  if [[ -n "$list" ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r found; do
      COMPREPLY+=("$found")
    done < <(compgen "$list" -- "\${word#"$kept"}")
  fi
}
complete -F _wadi wadi
`,
  zsh: `#compdef wadi
# Completion of wadi for zsh: source <(wadi completion zsh), or this as _wadi in a folder of fpath
_wadi() {
  local -a found
  local line name kind=""
  while IFS= read -r line; do
    case "$line" in
      :*) kind="$line" ;;
      *)
        name="\${line%%$'\\t'*}"
        if [[ "$line" == *$'\\t'* ]]; then
          found+=("\${name//:/\\\\:}:\${line#*$'\\t'}")
        else
          found+=("\${name//:/\\\\:}")
        fi
        ;;
    esac
  done < <("\${(Q)words[1]}" __complete --words -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  case "$kind" in
    :files) _files ;;
    :folders) _files -/ ;;
  esac
  (( \${#found} )) && _describe wadi found
}
if [ "$funcstack[1]" = "_wadi" ]; then
  _wadi "$@"
else
  compdef _wadi wadi
fi
`,
  fish: `# Completion of wadi for fish: wadi completion fish > ~/.config/fish/completions/wadi.fish
function __wadi_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete --words -- $words[2..-1] 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path (commandline -ct)
      case :folders
        __fish_complete_directories (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c wadi -f -a '(__wadi_complete)'
`,
} as const
