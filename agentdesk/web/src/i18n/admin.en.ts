import type { Texts } from './index'

const texts: Texts = {
  admin: {
    page: '{section} · remotewindow administration', brand: 'remotewindow  Administration', language: '中文', leave: 'Log out', sections: 'Sections', loading: 'Opening, one moment.', slow: 'Slower than usual, still waiting for the server. If nothing comes, check the network and reload the page.',
    again: 'Try again', wait: 'Please wait {n} s and try again.', edit: 'Edit', no: 'Cancel', close: 'Close', none: '—', and: ', ', state: 'State', acts: 'Actions', on: 'On', off: 'Off', act_of: '{act}: {name}', nothing_found: 'Nothing found. Try another word.',
    theme: { title: 'Colours: {choice}', system: 'as the system', light: 'light', dark: 'dark' },
    login: { title: 'Administration', lead: 'Every change is recorded with who made it and when.', user: 'Login', password: 'Password', submit: 'Log in', busy: 'Logging in' },
    expired: { title: 'Your log-in ran out', lead: 'Please log in once more. What you wrote is still here; save it afterwards.' },
    guard: { title: 'There are unsaved changes', text: 'If you leave now, they are lost.', act: 'Leave without saving' },
    save: { dirty: 'Unsaved changes', done: 'Saved at {time}', none: 'No changes', discard: 'Discard', act: 'Save', busy: 'Saving', unchanged: 'No changes' },
    changed: { see: 'See how it is now', table: 'What differs', field: 'Field', now: 'Now', yours: 'Yours', untouched: 'You did not change it', theirs: 'Take it as it is now, drop mine', mine: 'Keep mine and go on', first: 'Choose first' },
    role: { agent: 'Agent', supervisor: 'Supervisor', specialist: 'Village specialist', helper: 'Helper', admin: 'Administrator' },
    role_hint: { agent: 'Takes calls at the desk, checks papers, writes the wrap-up.', supervisor: 'Watches the board.', specialist: 'Sits with residents in the village.', helper: 'Follows up what is passed on.', admin: 'Opens these pages.' },
    family: {
      social_security: 'Social security', medical_insurance: 'Medical insurance', civil_affairs: 'Civil affairs', archive_other: 'Archives and others', housing: 'Housing', residence: 'Residence permits', long_term_care: 'Long-term care', health: 'Health', disabled: 'Disability', family_planning_support: 'Family support',
    },
    theme_of: { newborn: 'Newborn', elderly: 'Later life', medical: 'Health care', bereavement: 'Bereavement', work: 'Work', relief: 'Relief', doorstep: 'At your doorstep' },
    grid: { north: 'North grid', middle: 'Middle grid', south: 'South grid' },
    weekday: { 0: 'Sunday', 1: 'Monday', 2: 'Tuesday', 3: 'Wednesday', 4: 'Thursday', 5: 'Friday', 6: 'Saturday' },
    unit: { seconds: 's', percent: '%' },
    people: {
      title: 'People', lead: 'Who may log in, as what, and for which matters. Closing an account and a new password take effect within 5 s.', search: 'Find login, name or role', new: 'Add a person', empty: 'Nobody yet. Add an agent first.', saved: '{login} is saved', login: 'Login', name: 'Name', role: 'Role', seat: 'Seat', skills: 'Handles', stations: 'Stations',
      all_skills: 'Everything', enabled: 'May log in', disabled: 'Closed', edit_of: 'Edit {name}', password: 'Password', password_of: 'New password for {name}', login_fixed: 'A login cannot be changed.', login_hint: 'Small letters, digits, dot, dash; at most 32.', name_hint: 'Residents see this name.',
      seat_hint: 'Residents see it, such as "Seat 3".', skills_hint: 'None chosen means everything.', first_password: 'First password', may: 'May log in', enabled_hint: 'May log in', disabled_hint: 'Open pages of this person end within 5 s',
      wrong: { login: 'Only small letters, digits, dot and dash, beginning with a letter or digit.', taken: 'This login is taken.', name: 'Please give a name of at most 32 characters.', seat: 'At most 32 characters.' },
    },
    password: { lead: 'Tell the person in person. Open pages end at once and need the new password.', label: 'New password', hint: 'At least {n} characters, without the login.', act: 'Set the password', wrong: { short: 'Too short: at least {n} characters.', is_login: 'The login may not be part of it.', few: 'Too simple: use more different characters.' } },
    stations: {
      title: 'Stations', lead: 'Each kiosk signs in with a key of its own. The key cannot leave the kiosk.', search: 'Find id, village or specialist', new: 'Add a station', empty: 'No station yet. Add one, then issue a code.', saved: '{id} is saved', id: 'Id', name: 'Village', grid: 'Grid', specialist: 'Specialist', enrolment: 'Enrolment',
      enrolled: 'Enrolled', code_out: 'Code issued', none: 'Not enrolled', used: 'Last used {at}', unused: 'Never used', closed: 'Not in service', code: 'Issue code', code_of: 'Enrolment code of {name}', revoke: 'Revoke', revoke_of: 'Revoke the key of {name}', edit_of: 'Edit {name}',
      revoke_text: 'The kiosk of this station is out within 5 s, also in the middle of a call. To use it again, issue a code and enrol it anew. Revoke when a kiosk is lost, replaced or sent for repair.', revoke_act: 'Revoke the key', revoked: 'The key of {name} is revoked', id_fixed: 'An id cannot be changed.', id_hint: 'Small letters, digits, dash, such as s07.', name_hint: 'Residents and agents see this name.',
      in_service: 'In service', closed_hint: 'Not in service: the kiosk says so', open_hint: 'Open by the hours',
      wrong: { id: 'Only small letters, digits and dashes.', taken: 'This id is taken.', name: 'Please give a name of at most 32 characters.', specialist: 'At most 32 characters.' },
    },
    code_left: 'Good for another {time}', code_over: 'The code ran out. Please issue another.', code_once: 'It is shown this once, works once and for 10 minutes. A new one replaces it.', code_issuing: 'Issuing a code.', code_enrolled: 'This station is enrolled already. Issue a code only to enrol another kiosk.', code_issue: 'Issue a code', code_new: 'Issue another',
    code_step: { 1: 'At the kiosk, open the Cloud Meeting page.', 2: 'A kiosk that is not enrolled asks for the code.', 3: 'Type the code above; case and dashes do not matter.', 4: 'When it shows the station {id}, it is enrolled.' },
    affinity: {
      title: 'Own agents', lead: 'A village rings its own agent first; when busy, somebody else.', agent: 'Own agent', nobody: 'Nobody', of: 'Own agent of {name}', stations: 'Stations: {n}', counts: 'Stations per agent', count_of: 'Stations of {name}', free: 'Stations without an own agent: {n}. Their calls go in turn.', all: 'Every station has an own agent.',
      empty: 'No station yet.', no_agents: 'No agent yet. Add one under People.', disabled: '{name} (closed)', gone: '{login} (not an agent)',
    },
    hours: {
      title: 'Hours', lead: 'When people are received. Otherwise the kiosk offers the guide.', always: 'Always open', always_on: 'Open day and night: the table below has no effect. For demonstrations and tests.', always_off: 'Open by the table below.', week: 'Week', holidays: 'Holidays', like_monday: 'Tue–Fri as Monday', open_on: 'Open on {day}', from_on: '{day} from', to_on: '{day} to', closed: 'Closed',
      add: 'Add a day', no_holidays: 'No special days: every day goes by the week.', date: 'Day {n}', remove: 'Remove {date}', note: 'Note, such as National Day', note_of: 'Note of {date}',
      wrong: { time: 'Please give a whole time, such as 08:30.', order: 'The end must be after the begin.', date: 'Please choose a date.', twice: 'This day is there twice.', some: 'Some times are wrong; mend them to save.' },
    },
    numbers: { title: 'Numbers', lead: 'The times of the centre. A change counts at once; what rings already keeps its time.', bounds: 'Default {def}, {min}–{max}', default: 'Use default', is_default: 'Default', outside: '{name} must be between {min} and {max}.' },
    number: {
      ring_s: { name: 'Ring', is: 'How long an agent is rung before the next one.' }, affinity_s: { name: 'Own agent first', is: 'How long a call waits for its own agent before others.' }, waiting_grace_s: { name: 'Lost while waiting', is: 'How long a place is kept when the village is cut off.' },
      call_grace_s: { name: 'Lost in a call', is: 'How long a call is kept when the village is cut off.' }, agent_grace_s: { name: 'Desk lost', is: 'After how long a lost desk counts as gone.' }, wrap_up_s: { name: 'Wrap-up', is: 'Time for the notes after a call.' },
      aging_boost_s: { name: 'Waiting moves up', is: 'Each such wait raises the priority by one step.' }, service_s: { name: 'Answered in time', is: 'An answer within this counts as in time.' }, target_pct: { name: 'Target in time', is: 'Share in time that the board compares with.' }, short_abandon_s: { name: 'Press by mistake', is: 'Who leaves sooner does not count as abandoned.' },
    },
    matters: {
      title: 'Matters', lead: 'What residents may choose at the kiosk. Closed ones are not shown; who waits already is not touched.', search: 'Find a matter', theme: 'Theme', all: 'All themes', name: 'Matter', family: 'Family', slots: 'Papers', checked: 'Checked', enabled: 'Offered', verified: 'Checked', unverified: 'Not checked', empty: 'No matters yet.', count: '{n} listed; {on} of all {of} are offered',
      offer: 'Offer {title}', turned_on: '{title} is offered', turned_off: '{title} is closed', refused: '{title} was not changed.',
    },
    audit: {
      system: 'The server',
      title: 'Records', lead: 'Who did what and when. Rows are only ever added, and each is chained to the one before.', verify: 'Verify', verifying: 'Verifying', whole: 'Rows checked: {n}. All are whole and unchanged.', broken: 'Rows were changed or are missing.', broken_at: 'From row {seq} of {node} on the chain does not match.', broken_do: 'Do not touch the database, keep a backup, and tell whoever is responsible for security.',
      at: 'Time', actor: 'Who', action: 'Did', object: 'What', detail: 'Detail', seq: 'Row', page: 'Page {n}', older: 'Older', newer: 'Newer', empty: 'No records yet.', end: 'There are no older ones.',
    },
    action: {
      session_open: 'Session began', login_ok: 'Logged in', login_failed: 'Wrong password', login_forbidden: 'Log-in refused, other role', person_add: 'Added a person', person_change: 'Changed a person', person_password: 'Set a password', person_disabled: 'Closed or opened an account',
      station_add: 'Added a station', station_put: 'Changed a station', station_change: 'Changed a station', station_code: 'Issued a code', station_enrol: 'Enrolled a kiosk', station_enrol_failed: 'Wrong enrolment code', station_login: 'Kiosk logged in', station_key_replaced: 'Replaced a key', station_rotate: 'Renewed a key', station_revoke: 'Revoked keys',
      hours_change: 'Changed the hours', numbers_change: 'Changed numbers', matter_enable: 'Changed a matter', import: 'Imported {what}', export: 'Exported {what}', audit_verify: 'Verified the records', page_open: 'Looked at a page', page_store: 'Stored a page', page_drop: 'Dropped a page', slot_judge: 'Judged a paper',
      ticket_admit: 'Took a number', ticket_assign: 'Assigned a ticket', ticket_reprioritise: 'Changed a priority', message_send: 'Sent a message to those who wait', ticket_accept: 'Took the call', ticket_requeue: 'Back in the queue', ticket_reclaim: 'Kept its owner', ticket_end: 'Call ended', ticket_finish: 'Finished the wrap-up', ticket_unfinished: 'Cut off, left open', ticket_abandon: 'Resident left',
    },
    trail: {
      pair: '{name}: {value}', join: '; ', blank: 'none', true: 'yes', false: 'no',
      field: {
        reason: 'Reason', face: 'Page', disposition: 'Result', next: 'Next step', epoch: 'Turn', agent: 'Agent', from: 'From agent', key: 'Key', keys: 'Keys', name: 'Name', role: 'Role', seat: 'Seat', skills: 'Handles', disabled: 'Closed', ticket: 'Case', slot: 'Paper', side: 'Side', page: 'Page', sha256: 'SHA-256', verdict: 'Verdict',
        number: 'Number', consent: 'Notice', affinity: 'Own agent', grid: 'Grid', closed: 'Not in service', specialist: 'Specialist', enabled: 'Offered', always: 'Always open', holidays: 'Holidays', holidays_changed: 'Days changed', added: 'Added', changed: 'Changed', same: 'The same',
      },
      value: {
        face: { desk: 'Desk', board: 'Board', admin: 'Administration', station: 'Kiosk' }, side: { front: 'Front', back: 'Back', page: 'Whole page' }, specialist: { changed: 'Changed' },
        disposition: { accepted: 'Accepted', pending: 'Papers to follow', consulted: 'Advice only', offline: 'At the counter', department: 'To a department', home_visit: 'Home visit', refused: 'Not accepted', disconnected: 'Cut off', mistake: 'Called by mistake' }, next: { close: 'Closed', relay: 'Relay to helper', follow: 'Call back' },
        verdict: { passed: 'Passed', retake: 'Again', not_applicable: 'Not applicable' }, reason: { hang_up: 'Agent ended the call', station_hang_up: 'Resident ended the call', abandoned: 'Resident left', lost: 'Cut off, did not come back', revoked: 'Station revoked', callback: 'Called back instead', cancelled: 'Call-back or appointment taken back', missed: 'Nobody came', refused: 'Line full or closed', blurred: 'Blurred', glare: 'Glare', cropped: 'Cut off', wrong: 'Wrong paper' },
      },
    },
    csv: {
      whole: 'whole file', without: ' Without a password yet: {n}. Set one for each before they can log in.',
      import: 'Import', export: 'Export', import_of: 'Import {what}', export_of: 'Export {what}', title: 'Import {what}', lead: 'A CSV file in UTF-8; the first row names the columns: {columns}. Best export one, change it and import it. One wrong row, and none is written.', pick: 'Choose a file', other: 'Choose again', checking: 'Checking, one moment.', table: 'What is wrong', row: 'Row', column: 'Column', value: 'Value', why: 'What is wrong', blank: '(empty)',
      wrong: 'Wrong cells: {n}. Nothing was written. Please mend the file and choose it again.', would: 'Checked: {added} new, {changed} changed, {same} the same. Nothing is written yet.', nothing: 'The same as now (rows: {same}), nothing to import.', done: 'Imported: {added} new, {changed} changed, {same} the same.', go: 'Import (rows: {n})', go_needs: 'Choose a file without errors first',
      kind: { people: 'people', stations: 'stations', affinity: 'own agents', hours: 'the week', holidays: 'holidays', matters: 'matters' },
      columns: { people: 'login, name, role, seat, skills, disabled', stations: 'id, name, grid, specialist, affinity, closed', affinity: 'station, agent', hours: 'weekday, open, close', holidays: 'date, closed, open, close, note', matters: 'id, enabled' },
      error: {
        missing_column: 'This column is missing.', missing_cell: 'A cell is missing.', extra_cell: 'A cell too many.', empty: 'May not be empty.', bad_separator: 'Separate with commas, not semicolons or tabs.', bad_quotes: 'A quotation mark is not closed.', header: 'The first row does not name the columns.', encoding: 'The file is not in UTF-8: in Excel save it as "CSV UTF-8".', utf16: 'The file is in UTF-16: in Excel save it as "CSV UTF-8".', gb18030: 'The file is in a GB encoding: in Excel save it as "CSV UTF-8".', too_large: 'Too large: at most 1 MB.', too_many_rows: 'Too many rows: at most 5,000.', bad_text: 'There are invisible characters.', bad_weekday: 'Write the weekday as 0 to 6; 0 is Sunday.', bad_role: 'There is no such role.', bad_login: 'Not a valid login.', bad_family: 'There is no such family.', bad_id: 'Not a valid id.', bad_grid: 'Write north, middle or south.', unknown_station: 'There is no such station.', unknown_agent: 'There is no such agent.', unknown_matter: 'There is no such matter.', too_many: 'Too many.', last_admin: 'The last administrator cannot be closed.', no_password: 'Without a password nobody can be let in.', unknown_column: 'There is no such column.', duplicate: 'The same as a row before.', invalid: 'Not a valid value.', too_long: 'Too long.', bad_time: 'Write times as 08:30.', bad_date: 'Write dates as 2026-10-01.', bad_number: 'Not a number, or out of its bounds.', bad_bool: 'Write true or false.', other: 'Wrong ({code}).',
      },
    },
    code: {
      changed: { what: 'Another administrator has just changed this; yours was not saved.', do: 'What you wrote is still here: please look at how it is now.' },
      changed_import: { what: 'Another administrator has just changed this; nothing was imported.', do: 'Please look again at what would change, and decide then.' },
      busy: { what: 'The audit is being checked already.', do: 'Please wait a minute and try again.' }, too_long: { what: 'The audit is too long to be checked from here.', do: 'Please run "remotewindow audit verify" at the server.' },
      no_password: { what: 'This person has no password yet.', do: 'Set one first.' },
      not_admin: { what: 'This account may not administer.', do: 'Please use an administrator\'s account.' }, forbidden: { what: 'You may not change this.', do: 'Please log in as an administrator.' }, conflict: { what: 'Somebody has just changed it, or it exists already.', do: 'Please open it again and make your change anew.' }, exists: { what: 'It exists already.', do: 'Please choose another.' }, invalid: { what: 'The server does not accept some of it.', do: 'Please check every field and save again.' },
      out_of_bounds: { what: 'A number is out of its bounds.', do: 'Please keep to the bounds beside it.' }, not_found: { what: 'It is not there any more.', do: 'Please open this section again.' }, last_admin: { what: 'This is the last administrator.', do: 'Make somebody else one first.' },
      records_away: { what: 'The database is coming back; nothing was saved.', do: 'What you wrote is still here: try again in a moment.' }, timeout: { what: 'The server did not answer, so nobody knows whether it was saved.', do: 'Please open it again and look before you repeat it.' }, network: { what: 'The server cannot be reached; nothing was saved.', do: 'Please check the network and try again.' }, login: { what: 'Your log-in ran out; nothing was saved.', do: 'Please log in again; what you wrote is still here.' }, internal: { what: 'The server failed; nothing was saved.', do: 'Please try again; if it stays, see the server\'s log.' },
      encoding: { what: 'The file is not in UTF-8.', do: 'In Excel save it as "CSV UTF-8" and choose it again.' }, gb18030: { what: 'The file is in a GB encoding; only UTF-8 is taken.', do: 'In Excel save it as "CSV UTF-8" and choose it again.' }, too_large: { what: 'The file is too large.', do: 'At most 1 MB and 5,000 rows; please split it.' }, too_large_csv: { what: 'The file is too large.', do: 'At most 1 MB and 5,000 rows; please split it.' }, too_many_rows: { what: 'Too many rows.', do: 'At most 5,000; please split the file.' },
      malformed: { what: 'The server did not understand.', do: 'Please reload the page and try again.' }, import_unknown: { what: 'The server did not answer, so nobody knows whether it was imported.', do: 'Please close this and look; importing the same file again adds nothing twice.' }, header: { what: 'The first row does not name the columns.', do: 'Please export one and keep its first row.' }, type: { what: 'This is not a CSV file.', do: 'In Excel save it as "CSV UTF-8" and choose it again.' }, stale: { what: 'Somebody has just changed it.', do: 'Please open it again and make your change anew.' },
    },
  },
}
export default texts
