const DEVICE_KEY = 'netra.device'

/** Random per browser profile, kept in local storage; without one, per client. */
export function deviceId(storage: Pick<Storage, 'getItem' | 'setItem'> | undefined): string {
  const made = crypto.randomUUID()
  try {
    const kept = storage?.getItem(DEVICE_KEY)
    if (kept) return kept
    storage?.setItem(DEVICE_KEY, made)
  } catch {
    // Storage that is full or forbidden costs only that the device is a new one next time.
  }
  return made
}

/** The browser's local storage; undefined elsewhere, or where it is forbidden. */
export function localStorageOf(scope: { localStorage?: Storage }): Storage | undefined {
  try {
    return scope.localStorage
  } catch {
    return undefined
  }
}
