/** Where a command reads its settings and writes its words. */
export interface Terminal {
  env: Record<string, string | undefined>
  out: (line: string) => void
  err: (line: string) => void
}
