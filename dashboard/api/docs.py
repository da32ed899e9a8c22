"""What lies below /api/ besides the API: its documentation for people, and an answer for what is not there."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from ninja.openapi.docs import Swagger

from dashboard.api.v1 import api


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI over the OpenAPI description, from our own static files."""
    return Swagger({"deepLinking": True, "docExpansion": "list"}).render_page(request, api)


def no_such_route(request: HttpRequest, rest: str) -> JsonResponse:
    """404 as the API answers it: a program reads it, not a person."""
    return JsonResponse({"detail": f"there is nothing at {request.path}; /api/docs lists what there is"}, status=404)
