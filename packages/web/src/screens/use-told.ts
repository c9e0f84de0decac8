import { useEffect, useState } from 'react'

/** A word from the page before, out of the address; it leaves it, so that it is not told twice. */
export function useTold(name: string): string | null {
  const [told] = useState(() => new URLSearchParams(location.search).get(name))
  useEffect(() => {
    if (told === null) return
    const rest = new URLSearchParams(location.search)
    rest.delete(name)
    rest.delete('trace_id')
    const search = rest.size > 0 ? `?${rest.toString()}` : ''
    history.replaceState(history.state, '', `${location.pathname}${search}`)
  }, [name, told])
  return told
}
