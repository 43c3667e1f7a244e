"""What goes wrong with Altegio: its address, the way to it, its answers, its limit."""

from altegio_sync.messages.template import Template

# The address and the tokens.
ADDRESS_EXPECTED = Template(
    "address_expected", "expected an address such as https://api.alteg.io/api/v1"
)
ADDRESS_HAS_USER = Template(
    "address_has_user", "the address must have no user name and no password in it"
)
ADDRESS_HAS_QUERY = Template(
    "address_has_query", "the address must end with its path: no ? and no #"
)
ADDRESS_PLAIN_HTTP = Template(
    "address_plain_http", "plain http would show the tokens to the network: use https"
)
INVALID_ADDRESS = Template("invalid_address", "Invalid address of the API: {reason}")
UNREADABLE_ADDRESS = Template("unreadable_address", "an unreadable address")
INVALID_TOKEN = Template(
    "invalid_token", "A token must be letters, digits and signs, without a space in it"
)

# The environment of the HTTP client.
UNUSABLE_ENVIRONMENT = Template(
    "unusable_environment",
    "The HTTP client cannot use the settings of the environment: check HTTPS_PROXY, ALL_PROXY, "
    "NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
)
INVALID_PROXY = Template(
    "invalid_proxy",
    "Invalid {variable}: expected the address of a proxy, such as http://host:3128",
)
NO_SOCKS = Template(
    "no_socks",
    "{variable} names a SOCKS proxy, which needs one more package: pip install socksio (or unset "
    "{variable})",
)
NO_CERTIFICATE_FOLDER = Template(
    "no_certificate_folder", "Invalid SSL_CERT_DIR: there is no folder {path}"
)
UNREADABLE_CERTIFICATE_FILE = Template(
    "unreadable_certificate_file", "Invalid SSL_CERT_FILE: {path} cannot be read ({reason})"
)
HOLDS_NO_CERTIFICATE = Template("holds_no_certificate", "it holds no certificate")
UNWRITABLE_KEY_LOG = Template(
    "unwritable_key_log", "Invalid SSLKEYLOGFILE: {path} cannot be written"
)

# The way to Altegio.
NOT_REACHED = Template("not_reached", "Altegio could not be reached: {reason}")
THE_PROXY_IN = Template("the_proxy_in", "the proxy in {variable}")
HOST_UNKNOWN = Template(
    "host_unknown", "the host of {where} is unknown: check {setting} and the network"
)
CONNECTION_REFUSED = Template(
    "connection_refused", "{where} refused the connection: check {setting}"
)
CONNECTION_NOT_MADE = Template("connection_not_made", "{where} refused the connection")
CONNECTION_REFUSED_WITH_STATUS = Template(
    "connection_refused_with_status", "{where} refused the connection ({status})"
)
NO_TLS = Template("no_tls", "{where} does not answer in TLS: check {setting}")
NO_HTTP = Template("no_http", "{where} does not answer in HTTP: check {setting}")
NO_WAY = Template("no_way", "there is no way to {where}: check the network")
BROKEN_OFF = Template("connection_broken_off", "{where} closed the connection")
OTHER_FAILURE = Template("other_failure", "{kind} at {where}")
PROXY_ASKS_WHO = Template(
    "proxy_asks_who",
    "The proxy in {variable} asks for a user name and a password (407): set {variable} to "
    "http://user:password@host:port",
)
NO_ANSWER_IN_TIME = Template("no_answer_in_time", "Altegio did not answer in time")
NO_ANSWER_THROUGH_PROXY = Template(
    "no_answer_through_proxy",
    "Altegio did not answer in time through the proxy in {variable}",
)

# Certificates.
CERTIFICATE_NOT_YET_VALID = Template(
    "certificate_not_yet_valid",
    "The certificate of {host} is not valid yet: check the clock of this machine",
)
CERTIFICATE_EXPIRED = Template(
    "certificate_expired",
    "The certificate of {host} has expired: check the clock of this machine; else only Altegio can "
    "renew it",
)
CERTIFICATE_OF_ANOTHER_HOST = Template(
    "certificate_of_another_host",
    "The certificate of {host} belongs to another host: check ALTEGIO_API_URL",
)
CERTIFICATE_NOT_TRUSTED = Template(
    "certificate_not_trusted",
    "The certificate of {host} is not trusted: check ALTEGIO_API_URL; where a proxy or a firewall "
    "reads the traffic, SSL_CERT_FILE names the file with its certificate",
)

# Redirects.
REDIRECT = Template(
    "redirect",
    "Altegio answered {status}, a redirect to {target}. It is not followed, since the tokens would "
    "go there: check ALTEGIO_API_URL",
)
NO_READABLE_ADDRESS = Template("no_readable_address", "no readable address")
ANOTHER_PATH = Template("another_path", "another path on {host}")
ENDLESS_REDIRECT = Template(
    "endless_redirect", "Altegio redirects without an end: check ALTEGIO_API_URL"
)

# What an answer holds.
ANSWERED_STATUS = Template("answered_status", "Altegio answered {status}")
ANSWERED_WITH = Template("answered_with", "Altegio answered {status} with {what}")
NOT_ITS_ADDRESS = Template(
    "not_its_address",
    "Altegio answered {status} with {what}, so this is not its address: check ALTEGIO_API_URL",
)
UNKNOWN_SHAPE = Template("unknown_shape", "Altegio answered {status} with data of an unknown shape")
ANOTHER_RECORD = Template(
    "another_record", "Altegio answered with another record than was asked for"
)
CANNOT_BE_UNPACKED = Template(
    "cannot_be_unpacked", "Altegio answered with a body that cannot be unpacked"
)
TOO_LARGE = Template(
    "answer_too_large",
    "Altegio answered with more than {mebibytes} MiB, which is too much for one answer: set a "
    "smaller ALTEGIO_PAGE_SIZE",
)
CUT_JSON = Template("cut_json", "half of its JSON")
FOREIGN_JSON = Template("foreign_json", "JSON that is not its own")
EMPTY_BODY = Template("empty_body", "an empty body instead of JSON")
HTML = Template("html_body", "HTML instead of JSON")
FOREIGN_BODY = Template("foreign_body", "a foreign body instead of JSON")

# The list of the user's locations.
COMPANIES_INCOMPLETE = Template(
    "companies_incomplete",
    "Altegio lists {listed} of the {announced} locations that it announces: run it again",
)
COMPANIES_REPEAT = Template(
    "companies_repeat",
    "Altegio repeats its first page of locations as page {page}, so the others are not known: "
    "set ALTEGIO_COMPANY_ID to the ids",
)
COMPANIES_ENDLESS = Template(
    "companies_endless",
    "Altegio's list of locations does not end after {pages} pages: set ALTEGIO_COMPANY_ID to the "
    "ids",
)
COMPANIES_REFUSED = Template(
    "companies_refused",
    "Altegio does not list the user's locations: {reason}; or set ALTEGIO_COMPANY_ID to the ids",
)
COMPANIES_FORBIDDEN = Template(
    "companies_forbidden",
    "Altegio does not list the user's locations ({answer}): check the rights of the user behind "
    "ALTEGIO_USER_TOKEN, or set ALTEGIO_COMPANY_ID to the ids",
)
COMPANY_WITHOUT_ID = Template(
    "company_without_id", "Altegio lists a location whose id is not a number"
)

# Refusals; ``answer`` is the status with Altegio's own words.
TOKENS_REFUSED = Template(
    "tokens_refused",
    "Altegio refused the tokens ({answer}): check ALTEGIO_COMPANY_TOKEN and ALTEGIO_USER_TOKEN",
)
LOGIN_REFUSED = Template(
    "login_refused",
    "Altegio refused the login ({status}): check the login, the password and the partner token",
)
SECOND_FACTOR = Template(
    "second_factor",
    "Altegio asks this user for a second factor: copy the user token from Settings, Integrations "
    "instead",
)
ACCESS_REFUSED = Template(
    "access_refused",
    "Altegio refused access ({answer}): check ALTEGIO_COMPANY_ID and the rights of the user behind "
    "ALTEGIO_USER_TOKEN",
)
NOT_KNOWN = Template(
    "not_known",
    "Altegio does not know this location or booking ({answer}): check ALTEGIO_COMPANY_ID and the "
    "rights of the user behind ALTEGIO_USER_TOKEN",
)
REQUEST_REFUSED = Template("request_refused", "Altegio refused the request ({answer})")

# The limit. The beginning is fixed: programs of others look for it.
RATE_LIMIT = Template("rate_limit", "Rate limit exceeded")
RATE_LIMIT_WITH_WAIT = Template(
    "rate_limit_with_wait", "Rate limit exceeded: Altegio asks to wait {wait_s:.0f} s"
)
