/**
 * Messages, and what the real HAProxy 2.6.12 makes of each in every format (recorded; the clock stood at 2026-11-27
 * 21:37:07 UTC). `NOW3164` and `NOW5424` stand for that time. `own`: where sluice differs, with the reason.
 */
export interface MessageCase {
  readonly message: string;
  readonly keep: string;
  readonly rfc5424: string;
  readonly rfc3164: string;
  readonly local: string;
  readonly timed: string;
  readonly own?: string;
}

export const messageCases: readonly MessageCase[] = [
  {
    message: "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick",
    keep: "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick",
    rfc5424: "<34>1 2026-10-11T22:14:15-00:00 mymachine su - - - 'su root' failed for lonvick",
    rfc3164: "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick",
    local: "<34>Oct 11 22:14:15 su: 'su root' failed for lonvick",
    timed: "<2>2026-10-11T22:14:15-00:00 'su root' failed for lonvick",
  },
  {
    message: "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time",
    keep: "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time",
    rfc5424: "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time",
    rfc3164: "<165>Aug 24 05:14:15 192.0.2.1 myproc[8710]: %% It's time",
    local: "<165>Aug 24 05:14:15 myproc[8710]: %% It's time",
    timed: "<5>2003-08-24T05:14:15.000003-07:00 %% It's time",
  },
  {
    message:
      '<165>1 2003-10-11T22:14:15.003Z host.example evntslog - ID47 [a@3 iut="3\\"]"][b x="1"] An event',
    keep:
      '<165>1 2003-10-11T22:14:15.003Z host.example evntslog - ID47 [a@3 iut="3\\"]"][b x="1"] An event',
    rfc5424:
      '<165>1 2003-10-11T22:14:15.003Z host.example evntslog - ID47 [a@3 iut="3\\"]"][b x="1"] An event',
    rfc3164: "<165>Oct 11 22:14:15 host.example evntslog: An event",
    local: "<165>Oct 11 22:14:15 evntslog: An event",
    timed: "<5>2003-10-11T22:14:15.003Z An event",
  },
  {
    message: "<13>plain text",
    keep: "<13>plain text",
    rfc5424: "<13>1 NOW5424 - - - - - plain text",
    rfc3164: "<13>NOW3164 localhost plain text",
    local: "<13>NOW3164 plain text",
    timed: "<5>NOW5424 plain text",
  },
  {
    message: "no priority at all\n",
    keep: "no priority at all",
    rfc5424: "<128>1 NOW5424 - - - - - no priority at all",
    rfc3164: "<128>NOW3164 localhost no priority at all",
    local: "<128>NOW3164 no priority at all",
    timed: "<0>NOW5424 no priority at all",
  },
  {
    message: "<13>1 - - - - - - nil",
    keep: "<13>nil",
    rfc5424: "<13>1 - - - - - - nil",
    rfc3164: "<13>NOW3164 localhost nil",
    local: "<13>NOW3164 nil",
    timed: "<5>NOW5424 nil",
  },
  {
    message: "<13>Oct 11 22:14:15 host msg without tag",
    keep: "<13>Oct 11 22:14:15 host msg without tag",
    rfc5424: "<13>1 2026-10-11T22:14:15-00:00 host - - - - msg without tag",
    rfc3164: "<13>Oct 11 22:14:15 host msg without tag",
    local: "<13>Oct 11 22:14:15 msg without tag",
    timed: "<5>2026-10-11T22:14:15-00:00 msg without tag",
  },
  {
    message: "<191>Oct  1 22:14:15 host prog[77]: t",
    keep: "<191>Oct  1 22:14:15 host prog[77]: t",
    rfc5424: "<191>1 2026-10-01T22:14:15-00:00 host prog 77 - - t",
    rfc3164: "<191>Oct  1 22:14:15 host prog[77]: t",
    local: "<191>Oct  1 22:14:15 prog[77]: t",
    timed: "<7>2026-10-01T22:14:15-00:00 t",
  },
  {
    message: "<34>Oct 11 22:14:15 mymachine su[5]:nospace",
    keep: "<34>Oct 11 22:14:15 mymachine su[5]:nospace",
    rfc5424: "<34>1 2026-10-11T22:14:15-00:00 mymachine - - - - su[5]:nospace",
    rfc3164: "<34>Oct 11 22:14:15 mymachine su[5]:nospace",
    local: "<34>Oct 11 22:14:15 su[5]:nospace",
    timed: "<2>2026-10-11T22:14:15-00:00 su[5]:nospace",
  },
  {
    message: "<13>Oct 11 22:14:15 su[123]: local form",
    keep: "<13>Oct 11 22:14:15 su[123]: local form",
    rfc5424: "<13>1 2026-10-11T22:14:15-00:00 - su 123 - - local form",
    rfc3164: "<13>Oct 11 22:14:15 localhost su[123]: local form",
    local: "<13>Oct 11 22:14:15 su[123]: local form",
    timed: "<5>2026-10-11T22:14:15-00:00 local form",
    own: "HAProxy takes 'su[123]:' for the host",
  },
  {
    message: "<192>bad",
    keep: "<192>bad",
    rfc5424: "<128>1 NOW5424 - - - - - <192>bad",
    rfc3164: "<128>NOW3164 localhost <192>bad",
    local: "<128>NOW3164 <192>bad",
    timed: "<0>NOW5424 <192>bad",
    own: "HAProxy passes a priority on that does not exist (RFC 5424: 0 to 191)",
  },
];
