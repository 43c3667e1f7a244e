"""Why a booking needs correction, and what to do."""

from altegio_sync.messages.template import Template

SERVICE = Template("why_service", "The service is not one of the school's lessons")
SERVICE_TODO = Template(
    "todo_service",
    "Nothing. If it is a lesson, add the service to ALTEGIO_SERVICE_IDS or "
    "ALTEGIO_TRIAL_SERVICE_IDS",
)
NO_CRM_ID = Template("why_no_crm_id", "The client's name contains no CRM id")
NO_CRM_ID_TODO = Template("todo_no_crm_id", "Write the CRM id into the client's name in Altegio")
NO_TEACHER = Template("why_teacher_not_found", "The teacher is unknown")
NO_TEACHER_TODO = Template("todo_teacher_not_found", "Choose the teacher of the booking in Altegio")
INVALID = Template("why_invalid", "The booking cannot be read")
INVALID_BECAUSE = Template("why_invalid_because", "The booking cannot be read: {problem}")
INVALID_TODO = Template("todo_invalid", "Correct the booking in Altegio")
DOUBTFUL = Template(
    "why_doubtful", "It is not certain which number in the client's name is the CRM id"
)
DOUBTFUL_TODO = Template(
    "todo_doubtful", "Check the CRM id in the client's name in Altegio; leave only one number"
)
