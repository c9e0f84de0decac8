/**
 * On one line, and without what moves a cursor, hides or turns round what is written: control and
 * format characters. What a server says must not look like what we say.
 */
export const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')

/** What a server says is text, wherever it stands in Markdown: no column, tag, link or code of ours. */
export const inline = (text: string): string =>
  plain(text)
    .replaceAll(/[\\|`[\]]/g, String.raw`\$&`)
    .replaceAll('<', '&lt;')
