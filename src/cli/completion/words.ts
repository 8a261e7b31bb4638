/** The words of a command line up to the cursor, as a shell reads them; the last one is the word under it. */
export function splitLine(line: string): string[] {
  const words: string[] = []
  let word = ''
  let isOpen = false
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const letter = line[i] as string
    if (letter === '\\' && quote !== "'") {
      word += line[++i] ?? ''
      isOpen = true
    } else if (quote !== '') {
      if (letter === quote) quote = ''
      else word += letter
    } else if (letter === '"' || letter === "'") {
      quote = letter
      isOpen = true
    } else if (/\s/.test(letter)) {
      if (isOpen) words.push(word)
      word = ''
      isOpen = false
    } else {
      word += letter
      isOpen = true
    }
  }
  return [...words, word]
}
