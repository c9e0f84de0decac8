/** Ascending row ids as differences in variable-length bytes: neighbours cost one byte each. */
export function packRows(rows: readonly number[]): Uint8Array {
  const bytes: number[] = []
  let previous = 0
  for (const row of rows) {
    let rest = row - previous
    previous = row
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    bytes.push(rest)
  }
  return Uint8Array.from(bytes)
}

export function unpackRows(bytes: Uint8Array): number[] {
  const rows: number[] = []
  let row = 0
  let difference = 0
  let scale = 1
  for (const byte of bytes) {
    difference += (byte & 0x7f) * scale
    scale *= 0x80
    if (byte >= 0x80) continue
    row += difference
    rows.push(row)
    difference = 0
    scale = 1
  }
  return rows
}
