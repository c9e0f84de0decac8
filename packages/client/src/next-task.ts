/** Node has it, and there an open port would keep the process from ending. */
interface Immediate {
  setImmediate?: (callback: () => void) => unknown
}

let channel: MessageChannel | undefined
const waiting: (() => void)[] = []

/**
 * Runs `callback` in a task of its own, soon: whatever else waits (a key, a picture) goes first. A
 * timer would be held back in a page that nobody sees.
 */
export function nextTask(callback: () => void): void {
  const { setImmediate: immediate } = globalThis as Immediate
  if (immediate) {
    immediate(callback)
    return
  }
  if (!channel) {
    channel = new MessageChannel()
    channel.port1.addEventListener('message', () => waiting.shift()?.())
    channel.port1.start()
  }
  waiting.push(callback)
  channel.port2.postMessage(null)
}
