import { useCallback, useEffect, useRef, useState } from 'react'

const NEAR_PX = 64
/** What a person just opened grows where it is, instead of being scrolled away. */
const HELD_MS = 400

/** Keeps a scrolled box at its end while it grows, until the person scrolls up. */
export function useStickToEnd(key: string, isOn: boolean) {
  const [scroller, setScroller] = useState<HTMLElement | null>(null)
  const [content, setContent] = useState<HTMLElement | null>(null)
  const [isAway, setAway] = useState(false)
  const isPinned = useRef(true)
  const heldUntil = useRef(0)
  /** How far from the end the person was when more was asked for above. */
  const place = useRef<number | null>(null)
  const toEnd = useCallback(() => {
    isPinned.current = true
    heldUntil.current = 0
    setAway(false)
    if (scroller) scroller.scrollTop = scroller.scrollHeight
  }, [scroller])
  useEffect(() => {
    if (isOn) toEnd()
  }, [key, isOn, toEnd])
  useEffect(() => {
    if (!scroller || !content || !isOn) return undefined
    let top = scroller.scrollTop
    const look = () => {
      const distance = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight
      isPinned.current = distance < NEAR_PX
      setAway(distance > 4 * NEAR_PX)
    }
    // A scroll event may come after more was added below: only a person scrolls up.
    const onScroll = () => {
      const isUp = scroller.scrollTop < top
      top = scroller.scrollTop
      if (isUp || !isPinned.current) look()
    }
    const hold = () => {
      heldUntil.current = performance.now() + HELD_MS
    }
    const observer = new ResizeObserver(() => {
      if (place.current !== null && scroller.scrollHeight > place.current + scroller.scrollTop) {
        scroller.scrollTop = scroller.scrollHeight - place.current
        place.current = null
      } else if (performance.now() < heldUntil.current) look()
      else if (isPinned.current) scroller.scrollTop = scroller.scrollHeight
    })
    observer.observe(content)
    observer.observe(scroller)
    scroller.addEventListener('scroll', onScroll, { passive: true })
    content.addEventListener('click', hold)
    return () => {
      observer.disconnect()
      scroller.removeEventListener('scroll', onScroll)
      content.removeEventListener('click', hold)
    }
  }, [scroller, content, isOn])
  /** What is added above next does not move what one reads. */
  const keepPlace = useCallback(() => {
    if (scroller) place.current = scroller.scrollHeight - scroller.scrollTop
  }, [scroller])
  return { setScroller, setContent, isAway, toEnd, keepPlace }
}
