import { Link } from '@tanstack/react-router'

import { DownloadIcon, FileIcon } from './icons.tsx'

/** A report that an answer came to: to open, to print, to keep. */
export function ReportCard({
  report,
  address,
}: {
  report: { fileId: string; title: string }
  address: string
}) {
  return (
    <div className="appear flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line bg-raised px-3 py-2.5 sm:px-4">
      <FileIcon className="text-accent" />
      <Link
        to="/reports/$fileId"
        params={{ fileId: report.fileId }}
        className="min-w-0 flex-1 basis-40 font-medium wrap-anywhere hover:underline"
      >
        {report.title}
      </Link>
      <Link
        to="/reports/$fileId"
        params={{ fileId: report.fileId }}
        className="touch rounded-sm text-sm text-accent hover:underline"
      >
        Open the report
      </Link>
      <a
        href={address}
        download
        className="touch inline-flex items-center gap-1 rounded-sm text-sm text-muted hover:text-ink"
      >
        <DownloadIcon size={16} />
        Markdown
      </a>
    </div>
  )
}
