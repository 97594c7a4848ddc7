/**
 * Lines of the runtime socket as words (management manual 9.3). Pure. A `;` ends a command, blanks part words, and
 * a backslash takes the meaning from the character after it; quotes mean nothing.
 */

/** Words beyond this are dropped, as HAProxy does. */
const MAX_WORDS = 64;

export interface CommandLine {
  /** one for each command; a command may be empty */
  readonly commands: readonly (readonly string[])[];
  /** the line ends with `<<`: the lines after it, up to an empty one, belong to its last command */
  readonly payload: boolean;
}

/** Parts a line, given without its line feed. */
export function parseLine(line: string): CommandLine {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = () => {
    if (word !== undefined && words.length < MAX_WORDS) words.push(word);
    word = undefined;
  };
  const payload = /(?:^|[\s;])<<\s*$/.test(line);
  const text = payload ? line.replace(/<<\s*$/, "") : line;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "\\" && i + 1 < text.length) {
      word = (word ?? "") + text[++i];
    } else if (char === ";") {
      endWord();
      commands.push(words);
      words = [];
    } else if (/\s/.test(char)) {
      endWord();
    } else {
      word = (word ?? "") + char;
    }
  }
  endWord();
  commands.push(words);
  return { commands, payload };
}
