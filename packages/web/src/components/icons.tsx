import type { ReactNode } from 'react'

interface IconProps {
  size?: number
  className?: string
}

const icon = (drawing: ReactNode) =>
  function Icon({ size = 18, className }: IconProps) {
    return (
      <svg
        aria-hidden="true"
        focusable="false"
        width={size}
        height={size}
        viewBox="0 0 20 20"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
        className={`shrink-0 ${className ?? ''}`}
      >
        {drawing}
      </svg>
    )
  }

export const ArrowUpIcon = icon(<path d="M10 15.5v-11M5.2 9.2 10 4.5l4.8 4.7" />)
export const ArrowDownIcon = icon(<path d="M10 4.5v11M5.2 10.8 10 15.5l4.8-4.7" />)
export const StopIcon = icon(
  <rect x="5.5" y="5.5" width="9" height="9" rx="1.5" fill="currentColor" />,
)
export const PlusIcon = icon(<path d="M10 4.5v11M4.5 10h11" />)
export const ComposeIcon = icon(
  <path d="M9.5 4H5.5A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16h9a1.5 1.5 0 0 0 1.5-1.5v-4M8 12l.6-2.4 6.1-6.1a1.3 1.3 0 0 1 1.8 1.8l-6.1 6.1L8 12Z" />,
)
export const SearchIcon = icon(
  <path d="M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13.1 13.1 16.5 16.5" />,
)
export const InboxIcon = icon(
  <path d="M3.5 11.5 5.6 5h8.8l2.1 6.5v4h-13zM3.5 11.5h3.7c.4 1.4 1.4 2.2 2.8 2.2s2.4-.8 2.8-2.2h3.7" />,
)
export const PlanIcon = icon(
  <path d="m3.5 5.4 1.2 1.2 2-2.4M3.5 10.4l1.2 1.2 2-2.4M3.5 15.4l1.2 1.2 2-2.4M9.5 5.5h7M9.5 10.5h7M9.5 15.5h7" />,
)
export const CloseIcon = icon(<path d="m5.5 5.5 9 9M14.5 5.5l-9 9" />)
export const MenuIcon = icon(<path d="M3.5 6.5h13M3.5 13.5h13" />)
export const MoreIcon = icon(
  <g fill="currentColor" stroke="none">
    <circle cx="4.5" cy="10" r="1.3" />
    <circle cx="10" cy="10" r="1.3" />
    <circle cx="15.5" cy="10" r="1.3" />
  </g>,
)
export const CopyIcon = icon(
  <path d="M8.5 7h6A1.5 1.5 0 0 1 16 8.5v6a1.5 1.5 0 0 1-1.5 1.5h-6A1.5 1.5 0 0 1 7 14.5v-6A1.5 1.5 0 0 1 8.5 7ZM13 7V5.5A1.5 1.5 0 0 0 11.5 4h-6A1.5 1.5 0 0 0 4 5.5v6A1.5 1.5 0 0 0 5.5 13H7" />,
)
export const CheckIcon = icon(<path d="m4.5 10.5 3.7 3.7 7.3-8.2" />)
export const DeliveredIcon = icon(<path d="m2.5 10.5 3.4 3.7 6.6-8M10.2 13.4l.8.8 6.6-8" />)
export const PencilIcon = icon(
  <path d="m4.5 15.5.7-3.3 8.3-8.3a1.5 1.5 0 0 1 2.1 0l.5.5a1.5 1.5 0 0 1 0 2.1l-8.3 8.3-3.3.7Z" />,
)
export const RetryIcon = icon(<path d="M15.8 8.2A6.2 6.2 0 1 0 16.2 10M16.2 4.5v3.8h-3.8" />)
export const TrashIcon = icon(
  <path d="M4 6h12M8 6V4.3h4V6M5.5 6l.7 9.2a1 1 0 0 0 1 .8h5.6a1 1 0 0 0 1-.8L14.5 6" />,
)
export const DownloadIcon = icon(<path d="M10 3.5v9M6.3 9 10 12.6 13.7 9M4 16h12" />)
export const ClipIcon = icon(
  <path d="m15.8 9.4-5.7 5.7a3.6 3.6 0 0 1-5.1-5.1l6-6a2.4 2.4 0 0 1 3.4 3.4l-6 6a1.2 1.2 0 0 1-1.7-1.7l5.4-5.4" />,
)
export const FileIcon = icon(
  <path d="M11.5 3.5h-5A1.5 1.5 0 0 0 5 5v10a1.5 1.5 0 0 0 1.5 1.5h7A1.5 1.5 0 0 0 15 15V7l-3.5-3.5ZM11.5 3.5V7H15" />,
)
export const TableIcon = icon(
  <path d="M5 4h10a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 15 16H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 4ZM3.5 8h13M3.5 12h13M8.5 8v8" />,
)
export const ChevronDownIcon = icon(<path d="m5.5 8 4.5 4.5L14.5 8" />)
export const ChevronLeftIcon = icon(<path d="M12 5.5 7.5 10l4.5 4.5" />)
export const ChevronRightIcon = icon(<path d="M8 5.5 12.5 10 8 14.5" />)
export const WarningIcon = icon(
  <path d="M10 7.5v3.3M10 13.4v.1M8.8 3.9 2.9 14.2A1.4 1.4 0 0 0 4.1 16.3h11.8a1.4 1.4 0 0 0 1.2-2.1L11.2 3.9a1.4 1.4 0 0 0-2.4 0Z" />,
)
export const SunIcon = icon(
  <path d="M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM10 2.8v1.4M10 15.8v1.4M2.8 10h1.4M15.8 10h1.4M4.9 4.9l1 1M14.1 14.1l1 1M4.9 15.1l1-1M14.1 5.9l1-1" />,
)
export const MoonIcon = icon(<path d="M16.3 11.9A6.7 6.7 0 0 1 8.1 3.7a6.7 6.7 0 1 0 8.2 8.2Z" />)
export const ScreenIcon = icon(
  <path d="M4.5 4h11A1.5 1.5 0 0 1 17 5.5v6a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 11.5v-6A1.5 1.5 0 0 1 4.5 4ZM7.5 16.5h5M10 13v3.5" />,
)
export const ImageIcon = icon(
  <path d="M5 4h10a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 15 16H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 4ZM4 14l3.5-3.5 2.5 2.5 3-3 3.5 3.5M7.5 7.8v.1" />,
)
export const ExternalIcon = icon(
  <path d="M11.5 4H16v4.5M16 4l-6.5 6.5M13.5 11.5v3A1.5 1.5 0 0 1 12 16H5.5A1.5 1.5 0 0 1 4 14.5V8a1.5 1.5 0 0 1 1.5-1.5h3" />,
)
export const GearIcon = icon(
  <path d="M3.5 6.5h7M14.5 6.5h2M3.5 13.5h2M9.5 13.5h7M12.5 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7.5 15.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z" />,
)
export const SignOutIcon = icon(
  <path d="M8 4H5.5A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16H8M8 10h8M13 6.8l3.2 3.2-3.2 3.2" />,
)

export const EyeIcon = icon(
  <path d="M2.5 10c2-3.5 4.5-5.2 7.5-5.2s5.5 1.7 7.5 5.2c-2 3.5-4.5 5.2-7.5 5.2s-5.5-1.7-7.5-5.2ZM10 12.4a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8Z" />,
)
export const EyeOffIcon = icon(
  <path d="M2.5 10c2-3.5 4.5-5.2 7.5-5.2s5.5 1.7 7.5 5.2c-2 3.5-4.5 5.2-7.5 5.2s-5.5-1.7-7.5-5.2ZM10 12.4a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8ZM4 16.5l12-13" />,
)
export const DeviceIcon = icon(
  <path d="M4.5 4.5h11a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1ZM7.5 16.5h5M10 13.5v3" />,
)
export const PhoneIcon = icon(
  <path d="M7 2.8h6a1.2 1.2 0 0 1 1.2 1.2v12a1.2 1.2 0 0 1-1.2 1.2H7A1.2 1.2 0 0 1 5.8 16V4A1.2 1.2 0 0 1 7 2.8ZM9.2 14.7h1.6" />,
)
export const KeyIcon = icon(
  <path d="M7.2 16a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4ZM9.9 9.7 16 3.5M13.2 6.3l2.3 2.3" />,
)

/** An eye: what the name means. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32" fill="none">
      <path
        className="stroke-accent"
        strokeWidth="2.4"
        strokeLinejoin="round"
        d="M3 16C6.6 10.2 11 7.3 16 7.3S25.4 10.2 29 16C25.4 21.8 21 24.7 16 24.7S6.6 21.8 3 16Z"
      />
      <circle className="fill-accent" cx="16" cy="16" r="4.5" />
    </svg>
  )
}

export function Wordmark() {
  return (
    <span className="inline-flex items-center gap-2 font-semibold tracking-tight text-ink">
      <Mark />
      Netra
    </span>
  )
}
