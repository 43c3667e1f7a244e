"""The words of tables in files."""

from altegio_sync.messages.template import Template

YES = Template("cell_yes", "yes")
NO = Template("cell_no", "no")

# Columns. Each table uses some of them.
RULE_COLUMN = Template("column_rule", "Rule")
SEVERITY_COLUMN = Template("column_severity", "Severity")
GROUP_COLUMN = Template("column_group", "Belong together")
PROBLEM_COLUMN = Template("column_problem", "What is wrong")
DETAIL_COLUMN = Template("column_detail", "In this booking")
TODO_COLUMN = Template("column_todo", "What to do")
BOOKING_COLUMN = Template("column_booking", "Booking id")
DATE_TIME_COLUMN = Template("column_date_time", "Date and time")
START_COLUMN = Template("column_start", "Start")
END_COLUMN = Template("column_end", "End")
TEACHER_COLUMN = Template("column_teacher", "Teacher")
TEACHER_ID_COLUMN = Template("column_teacher_id", "Teacher id")
SERVICE_COLUMN = Template("column_service", "Service")
LEAD_COLUMN = Template("column_lead", "Lead id")
COMPANY_COLUMN = Template("column_company", "Location id")
DOCUMENT_COLUMN = Template("column_document", "Document")
