const MARKS: readonly (readonly [RegExp, string])[] = [
  [/^ {0,3}(?:`{3,}|~{3,}).*$/gm, ''],
  [/^ *\|?(?: *:?-{3,}:? *\|)+(?: *:?-{3,}:? *)?$/gm, ''],
  [/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1'],
  [/^ {0,3}(?:#{1,6}|>) +/gm, ''],
  [/^ *(?:[-*+]|\d{1,9}[.)]) +(?:\[[ xX]\] +)?/gm, ''],
  [/^ {0,3}(?:[-*_] *){3,}$/gm, ''],
  [/(?<!\\)(\*\*|__|~~|`+)(?=\S)(.+?)\1/g, '$2'],
  [/(?<![\\\w*])([*_])(?=\S)([^*_\n]+?)\1(?!\w)/g, '$2'],
  [/^ *\| *| *\| *$/gm, ''],
  [/ *(?<!\\)\| */g, ', '],
  [/\\([!-/:-@[-`{-~])/g, '$1'],
]

/** The beginning of an answer's Markdown as somebody reads it aloud: no marks, no addresses. */
export function spoken(markdown: string, most = 600): string {
  let text = markdown
  for (const [mark, becomes] of MARKS) text = text.replaceAll(mark, becomes)
  const line = text.replaceAll(/\s*\n\s*/g, '\n').trim()
  return line.length <= most ? line : `${beginning(line.slice(0, most))} …`
}

/** Up to its last whole sentence, where that leaves out little; else up to its last whole word. */
function beginning(text: string): string {
  const [sentences = ''] = /^[\s\S]*[.!?](?=\s)/.exec(text) ?? []
  return sentences.length > text.length / 2 ? sentences : text.replace(/\s\S*$/, '')
}
