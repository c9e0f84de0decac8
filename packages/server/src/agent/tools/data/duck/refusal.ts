/** The statement or the data is at fault, not Netra: its author reads the message. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
