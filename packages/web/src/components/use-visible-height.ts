import { useEffect } from 'react'

/**
 * Sets `--visible-height` to what the on-screen keyboard leaves of the page, where the browser does
 * not resize the page itself.
 */
export function useVisibleHeight(): void {
  useEffect(() => {
    const view = window.visualViewport
    if (!view) return undefined
    const measure = () => {
      const isCovered = window.innerHeight - view.height > 80 && view.scale === 1
      const { style } = document.documentElement
      if (isCovered) style.setProperty('--visible-height', `${view.height}px`)
      else style.removeProperty('--visible-height')
      if (isCovered) window.scrollTo(0, 0)
    }
    view.addEventListener('resize', measure)
    return () => view.removeEventListener('resize', measure)
  }, [])
}
