"""Behaviours of a channel: each name is a set of options laid over DEFAULTS.

A channel in the scene may override every option next to its "behaviour".
"""

BASE = "h264_baseline_640x360.h264"
H265 = "h265_main_640x360.h265"
P_ONLY = "h264_p_frames_only_640x360.h264"

DEFAULTS = {
    # call
    "provisional": [],            # [[seconds after the INVITE, status], ...]
    "answer_after": 0.0,          # seconds from INVITE to final answer
    "respond": True,              # False: no response to INVITE at all
    "final": True,                # False: no final answer (CANCEL is answered with 487)
    "status": 200,                # final status
    "status_times": 0,            # the error is given to that many INVITEs of the channel, later ones get 200; 0 = always
    "error_body": "",             # body of an error answer, labelled Application/SDP
    "retry_after": 0,             # Retry-After header of an error answer
    "challenge": False,           # 407 digest challenge
    "copies": 1,                  # how often the 200 is sent at once
    "contact_host": "",           # host:port in Contact
    "bye_after": 0.0,             # seconds after ACK until this side sends BYE; 0 = never
    "answer_bye": True,
    # answer SDP
    "sdp": "normal",              # normal, garbage, empty
    "sdp_lf": False,
    "port_zero": False,
    "y": "same",                  # same (as the offer), other, none, or literal text
    "answer_proto": "",           # "udp": answer RTP/AVP to a TCP offer and send UDP
    "answer_setup": "",           # literal a=setup value, or "conflict" = the same as the offer
    "connect": True,              # False: never open the TCP media connection
    "answer_pt": None,            # payload type in the answer (default: pt, or 96)
    "rtpmap": "",                 # encoding name in the answer (default by payload)
    # media
    "clip": BASE,
    "payload": "ps",              # ps, h264, h265, random, none
    "pt": 96,
    "ssrc": "answer",             # answer (the y of the answer, else of the offer), wrong, or a number
    "media_after": 0.0,           # seconds between ACK and first packet
    "key_delay": 0.0,             # seconds with P frames only before the first key frame
    "drop_keys": False,           # no key frame ever
    "key_frame_on_request": False,  # IFrameCmd brings a key frame at once
    "random_start": False,        # start anywhere in the clip
    "audio_only": False,
    "with_audio": False,          # G.711 A PES next to the video
    "psm": True,                  # True, False, "wrong"
    "system_header": True,
    "pack": "mpeg2",              # pack header form: mpeg2, mpeg1, bare
    "stuffing": 0,
    "pes_length_zero": False,
    "pes_size": 65400,            # largest video PES payload
    "private_bd": False,
    "garbage": False,             # random bytes after each pack
    "reorder": False,
    "duplicate": False,
    "lose_first_key": False,      # one RTP packet of the first key frame is lost
    "second_ssrc": False,
    "rtcp": False,
    "framing": "rfc4571",         # or dollar
    "tcp_chunk": 0,               # bytes of each TCP write
    "source_port_other": False,
    "source_address": "",         # address media is sent from
}

BEHAVIOURS = {
    "ok": {},
    "ok_with_audio": {"with_audio": True},
    # pictures and clips
    "high_b_frames": {"clip": "h264_high_b_frames_704x576.h264"},
    "h265": {"clip": H265},
    "h265_10bit": {"clip": "h265_main10_640x360.h265"},
    "h265_422": {"clip": "h265_main422_10_640x360.h265"},
    "multi_slice": {"clip": "h264_multi_slice_1280x720.h264"},
    "large_key_frame": {"clip": ["h264_large_key_frame_1920x1080.h264", "h264_high_1920x1080.h264"]},
    "black": {"clip": "h264_black_640x360.h264"},
    "single_color": {"clip": "h264_single_color_640x360.h264"},
    "no_key_frame": {"clip": [P_ONLY, BASE], "drop_keys": True},
    "late_key_frame": {"key_delay": 3.0},
    "very_late_key_frame": {"key_delay": 12.0},
    # program stream
    "no_psm": {"psm": False},
    "psm_wrong": {"psm": "wrong", "clip": H265},
    "no_system_header": {"system_header": False},
    "pes_length_zero": {"pes_length_zero": True},
    "private_bd": {"private_bd": True},
    "mpeg1_pack_headers": {"pack": "mpeg1"},
    "bare_pack_start": {"pack": "bare", "clip": H265},
    "stuffing_in_pack": {"stuffing": 3},
    "garbage_between_packs": {"garbage": True},
    "audio_only": {"audio_only": True},
    # RTP
    "wrong_ssrc": {"ssrc": "wrong"},
    "answer_other_y": {"y": "other"},
    "no_y": {"y": "none"},
    "reordered": {"reorder": True},
    "duplicated": {"duplicate": True},
    "lost_packet_first_gop": {"lose_first_key": True},
    "raw_h264": {"payload": "h264", "pt": 98},
    "raw_h264_pt96": {"payload": "h264", "pt": 96, "rtpmap": "PS"},
    "raw_h265": {"payload": "h265", "pt": "offer", "clip": H265},
    "pt_100": {"pt": 100, "answer_pt": 96},
    "two_ssrcs": {"second_ssrc": True},
    "ok_with_rtcp": {"rtcp": True},
    "random_bytes": {"payload": "random"},
    "silence": {"payload": "none"},
    "source_port_other": {"source_port_other": True},
    "source_address_other": {"source_address": "127.0.0.2"},
    # TCP media
    "dollar_framing": {"framing": "dollar"},
    "tcp_split_tiny": {"tcp_chunk": 7},
    "tcp_answer_udp": {"answer_proto": "udp"},
    "tcp_no_connect": {"connect": False},
    "setup_conflict": {"connect": False, "answer_setup": "conflict"},
    # call progress
    "ringing_180": {"provisional": [[0, 100], [0.2, 180]], "answer_after": 0.7},
    "181_then_ok": {"provisional": [[0, 100], [0.2, 181]], "answer_after": 0.7},
    "trying_then_ok_slow": {"provisional": [[0, 100]], "answer_after": 3.0},
    "trying_then_nothing": {"provisional": [[0, 100]], "final": False},
    "no_answer": {"respond": False, "final": False},
    "busy_once_486": {"status": 486, "status_times": 1},
    "busy_always_486": {"status": 486},
    "not_found_404": {"status": 404},
    "unavailable_480": {"status": 480},
    "overload_503": {"status": 503},
    "forbidden_403": {"status": 403},
    "not_acceptable_488": {"status": 488},
    "bad_request_400": {"status": 400},
    "bad_request_400_once": {"status": 400, "status_times": 1},
    "challenge_invite_407": {"challenge": True},
    "unparsable_sdp": {"sdp": "garbage", "payload": "none", "connect": False},
    "no_sdp": {"sdp": "empty", "payload": "none", "connect": False},
    "port_zero": {"port_zero": True, "payload": "none", "connect": False},
    "lf_only_sdp": {"sdp_lf": True},
    "ok_retransmitted": {"copies": 3},
    "answer_bad_contact": {"contact_host": "192.0.2.9:5060"},
    "peer_bye": {"payload": "none", "bye_after": 1.0},
    "peer_bye_after_media": {"bye_after": 3.0},
    "no_bye_answer": {"answer_bye": False},
}

ALIASES = {"delay": "key_delay", "duplicated_packets": "duplicated"}


def options_of(channel):
    """Channel entry of the scene (or a bare name) -> (name, full options). Raises ValueError on unknown words."""
    channel = {"behaviour": channel} if isinstance(channel, str) else dict(channel)
    name = channel.pop("behaviour", "ok")
    name = ALIASES.get(name, name)
    if name not in BEHAVIOURS:
        raise ValueError(f"unknown behaviour {name}")
    options = {**DEFAULTS, **BEHAVIOURS[name]}
    for key, value in channel.items():
        key = ALIASES.get(key, key)
        if key not in DEFAULTS:
            raise ValueError(f"unknown option {key} of behaviour {name}")
        options[key] = value
    return name, options
