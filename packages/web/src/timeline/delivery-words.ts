import type { ConnectionView, StreamView } from '../live/live-types.ts'

export interface DeliveryWords {
  tone: 'good' | 'busy' | 'warn'
  short: string
  long: string
}

/** What a person should know of a conversation's delivery to this page. */
export function deliveryWords(
  connection: ConnectionView['kind'],
  { phase, reset }: Pick<StreamView<unknown>, 'phase' | 'reset'>,
): DeliveryWords {
  if (reset) {
    return {
      tone: 'warn',
      short: 'Something may be missing',
      long: 'The server could not prove that nothing was lost. What is shown is what it has.',
    }
  }
  if (connection !== 'connected') {
    return {
      tone: 'busy',
      short: 'Not connected',
      long: 'What happens meanwhile is kept and shown, in order, once the connection is back.',
    }
  }
  if (phase !== 'live') {
    return { tone: 'busy', short: 'Catching up', long: 'What happened meanwhile is arriving.' }
  }
  return {
    tone: 'good',
    short: 'Everything has arrived',
    long: 'Each step was stored before it was sent, and arrived here in order, once.',
  }
}
