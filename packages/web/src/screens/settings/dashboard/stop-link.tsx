import { Link } from '@tanstack/react-router'

/** Where everything is stopped: beside the mode, because whoever needs it looks here first. */
export const StopLink = () => (
  <section aria-labelledby="stop-everything">
    <h3 id="stop-everything" className="font-semibold">
      Stop everything
    </h3>
    <p className="mt-0.5 text-sm text-muted">
      Agents that went astray, or a bill that runs away:{' '}
      <Link to="/settings/all-spending" className="text-accent underline underline-offset-3">
        end all that runs, at once
      </Link>
      .
    </p>
  </section>
)
