/** Shell completion of `sluice`: made of the rows of sub-commands and of `sluice ctl`. */
import { ctlCommands } from "./commands.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

/** The script to source. `subCommands`: names of the program's own. */
export function completion(shell: Shell, subCommands: readonly string[]): string {
  const top = subCommands.join(" ");
  const ctl = ctlCommands.map(({ name }) => name).join(" ");
  const servers = "sluice ctl servers --json 2>/dev/null | " +
    `sed -n 's/.*"backend": "\\(.*\\)",/\\1/p;s/.*"server": "\\(.*\\)",/\\1/p' | paste -d/ - -`;
  switch (shell) {
    case "bash":
      return `_sluice() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  case \${COMP_WORDS[1]}:$COMP_CWORD in
    *:1) COMPREPLY=($(compgen -W "${top}" -- "$word")) ;;
    ctl:2) COMPREPLY=($(compgen -W "${ctl}" -- "$word")) ;;
    ctl:3) COMPREPLY=($(compgen -W "$(${servers})" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -F _sluice sluice
`;
    case "zsh":
      return `#compdef sluice
_sluice() {
  if (( CURRENT == 2 )); then compadd ${top}
  elif [[ $words[2] == ctl ]] && (( CURRENT == 3 )); then compadd ${ctl}
  elif [[ $words[2] == ctl ]]; then compadd \${(f)"$(${servers})"}
  else _files
  fi
}
compdef _sluice sluice
`;
    case "fish":
      return `complete -c sluice -n __fish_use_subcommand -f -a "${top}"
complete -c sluice -n "__fish_seen_subcommand_from ctl" -f -a "${ctl}"
complete -c sluice -n "__fish_seen_subcommand_from ctl" -f -a "(${servers})"
`;
  }
}
