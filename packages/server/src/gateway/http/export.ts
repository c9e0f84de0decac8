import type { ShownMessage, ShownThread } from '../../access/access.ts'

export interface ExportedThread {
  text: string
  mediaType: string
  extension: string
}

/** A thread as a file a person keeps: everything said, in order, with who said it and when. */
export function exportThread(
  thread: ShownThread,
  messages: readonly ShownMessage[],
  format: 'markdown' | 'json',
): ExportedThread {
  if (format === 'json') {
    const text = `${JSON.stringify({ thread, messages }, null, 2)}\n`
    return { text, mediaType: 'application/json; charset=utf-8', extension: 'json' }
  }
  return {
    text: `${markdownHead(thread)}${messages.map(markdownMessage).join('\n')}`,
    mediaType: 'text/markdown; charset=utf-8',
    extension: 'md',
  }
}

export const markdownHead = (thread: ShownThread): string =>
  `# ${thread.title}\n\n_Exported from Netra; begun ${thread.created_at}._\n\n`

export function markdownMessage(message: ShownMessage): string {
  const who = message.role === 'user' ? 'You' : (message.agent ?? 'Assistant')
  const files = message.attachments.map((file) => `\n\n_Attached: ${file.name}_`).join('')
  return `## ${who} · ${message.created_at}\n\n${message.text}${files}\n`
}
