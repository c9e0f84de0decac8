import { lazy, memo, Suspense, useDeferredValue } from 'react'

const Rendered = lazy(() =>
  import('./rendered-markdown.tsx').then((module) => ({ default: module.RenderedMarkdown })),
)

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
