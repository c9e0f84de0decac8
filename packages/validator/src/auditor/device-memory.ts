import { parsePosition } from '@netra/protocol'

interface Place {
  epoch: string | undefined
  seq: number
  /** Told of a loss since it last stood somewhere. */
  told: boolean
  /** The last place with a known epoch that the device had, however it went on from there. */
  had: { epoch: string; seq: number } | undefined
}

/** How far one device can be in each stream, over all its connections, by what it heard. */
export class DeviceMemory {
  readonly #places = new Map<string, Place>()

  /** A new subscription. */
  begin(stream: string, position: string | null): void {
    const place = this.#places.get(stream)
    const claimed = position === null ? undefined : parsePosition(position)
    if (!place) {
      // It may know its first position from the answer to a message that it sent (P24).
      const had = claimed && claimed.seq > 0 ? claimed : undefined
      this.#places.set(stream, { epoch: claimed?.epoch, seq: claimed?.seq ?? 0, told: false, had })
      return
    }
    place.epoch = claimed?.epoch
    place.seq = claimed?.seq ?? 0
  }

  /** What is wrong with a device's word that it has applied so much; undefined when nothing is. */
  problemOf(stream: string, position: string): string | undefined {
    const place = this.#places.get(stream)
    const claimed = parsePosition(position)
    // What cannot be read claims nothing: the answer is a snapshot.
    if (!claimed || !place || place.epoch === undefined) return undefined
    if (claimed.epoch !== place.epoch || claimed.seq <= place.seq) return undefined
    return `it claims ${position} and got only up to ${place.seq}`
  }

  /** True when the event was the next one and so was delivered. */
  event(stream: string, seq: number): boolean {
    const place = this.#places.get(stream)
    if (!place || seq !== place.seq + 1) return false
    place.seq = seq
    if (place.epoch !== undefined) place.had = { epoch: place.epoch, seq }
    return true
  }

  told(stream: string): void {
    const place = this.#places.get(stream)
    if (place) place.told = true
  }

  snapshot(stream: string, position: string): string | undefined {
    return this.#stand(stream, position, 'a snapshot')
  }

  live(stream: string, position: string): string | undefined {
    const place = this.#places.get(stream)
    if (place && place.epoch !== undefined && place.epoch === parsePosition(position)?.epoch) {
      place.told = false
      return undefined
    }
    return this.#stand(stream, position, 'live')
  }

  /** A device that had something of another epoch is told before it stands in a new one. */
  #stand(stream: string, position: string, what: string): string | undefined {
    const place = this.#places.get(stream)
    const to = parsePosition(position)
    if (!place || !to) return undefined
    const had = place.had
    const isUntold = had !== undefined && had.epoch !== to.epoch && !place.told
    place.epoch = to.epoch
    if (what === 'a snapshot') place.seq = to.seq
    place.had = to
    place.told = false
    return isUntold
      ? `it had ${had.epoch}:${had.seq} and stands at ${position} by ${what} without a reset`
      : undefined
  }
}
