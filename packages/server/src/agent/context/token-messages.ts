/** What the thread that counts is asked, and answers. */
export interface CountRequest {
  id: number
  texts: readonly string[]
}

export interface CountAnswer {
  id: number
  /** Tokens of each text, in their order. */
  counts: number[]
}
