import { lazy, memo, Suspense, useDeferredValue } from 'react'

const load = () =>
  import('./rendered-markdown.tsx').then((module) => ({ default: module.RenderedMarkdown }))

const Rendered = lazy(load)

/** Fetches the renderer before the first answer needs it. */
export function preloadMarkdown(): void {
  // What fails here is tried again, and shown, when it is needed.
  load().catch(() => undefined)
}

/**
 * A model's text. Until the renderer has loaded, and while it is behind, the words are there as they
 * came; nothing in them is ever taken for HTML, and no address in them is opened by itself.
 */
export const Markdown = memo(function Markdown({
  text,
  streaming,
}: {
  text: string
  streaming: boolean
}) {
  const shown = useDeferredValue(text)
  return (
    <Suspense fallback={<div className="markdown whitespace-pre-wrap">{shown}</div>}>
      <Rendered text={shown} streaming={streaming} />
    </Suspense>
  )
})
