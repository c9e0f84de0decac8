/** Which of the calls are to be deleted, and how that is asked. */
export interface Removal {
  title: string
  text: string
  which: { service?: string; to?: string }
}
